"""Versions by path: the old one answers as it did before the new one came."""

import pytest

from snippets.api_design import versions_by_path, versions_by_path_broken
from tests.snippets.api_design.products import SHOWN, store_tea
from tests.support.twins import fix_and_twin

both = pytest.mark.parametrize(
    "module", [versions_by_path, versions_by_path_broken]
)


@pytest.fixture
def client(serve, engine):
    async def client(module):
        await store_tea(engine)
        return await serve(module.products_v1, module.products_v2)

    return client


@fix_and_twin(
    "module",
    versions_by_path,
    versions_by_path_broken,
    "Clients of version 1 get version 2, and show no price.",
)
async def test_the_old_version_answers_as_before(client, module):
    answer = await (await client(module)).get("/v1/products/TEA-1")

    assert answer.status_code == 200
    assert answer.json() == SHOWN[1]


@both
async def test_the_new_version_shows_what_is_new(client, module):
    answer = await (await client(module)).get("/v2/products/TEA-1")

    assert answer.json() == SHOWN[2]


@pytest.mark.parametrize(
    "path", ["/v1/products/POT-1", "/v2/products/POT-1", "/v3/products/TEA-1"]
)
async def test_what_is_not_there_is_a_problem(client, path):
    answer = await (await client(versions_by_path)).get(path)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
