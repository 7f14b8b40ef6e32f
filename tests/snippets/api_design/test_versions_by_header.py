"""Versions by header: each client gets its own, through a shared cache, too."""

import httpx
import pytest

from snippets.api_design import versions_by_header, versions_by_header_broken
from snippets.api_design.versions_by_header import ApiVersion
from tests.snippets.api_design.products import SHOWN, store_tea
from tests.support.twins import fix_and_twin

OLD, NEW = ApiVersion
PATH = "/products/TEA-1"
both = pytest.mark.parametrize(
    "module", [versions_by_header, versions_by_header_broken]
)


class SharedCache:
    """A cache's key is the URL and what Vary names (RFC 9111, section 4.1)."""

    def __init__(self, origin: httpx.AsyncClient) -> None:
        self._origin = origin
        self._stored: list[tuple[str, dict, httpx.Response]] = []
        self.asked = 0

    async def get(self, path: str, **headers: str) -> httpx.Response:
        for stored_path, varied, response in self._stored:
            if stored_path == path and all(
                headers.get(name) == value for name, value in varied.items()
            ):
                return response
        self.asked += 1
        response = await self._origin.get(
            path, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        names = response.headers.get("Vary", "").replace("-", "_").split(", ")
        varied = {name: headers.get(name) for name in names}
        self._stored.append((path, varied, response))
        return response


@pytest.fixture
def cached(serve, engine):
    async def cached(module):
        await store_tea(engine)
        return SharedCache(await serve(module.products))

    return cached


@fix_and_twin(
    "module",
    versions_by_header,
    versions_by_header_broken,
    "A cache hands the answer for new clients to old ones, which show no"
    " price.",
)
async def test_a_cache_keeps_an_answer_for_each_version(cached, module):
    cache = await cached(module)
    new = await cache.get(PATH, API_Version=NEW)
    old = await cache.get(PATH, API_Version=OLD)

    assert new.json() == SHOWN[2]
    assert old.json() == SHOWN[1]


@fix_and_twin(
    "module",
    versions_by_header,
    versions_by_header_broken,
    "A cache answers a client of version 1 with the refusal of another's"
    " request.",
)
async def test_a_cache_keeps_a_refusal_to_those_who_get_it(cached, module):
    cache = await cached(module)
    refused = await cache.get(PATH, API_Version="1999-01-01")
    old = await cache.get(PATH, API_Version=OLD)

    assert refused.status_code == 422
    assert old.status_code == 200


@both
async def test_without_a_cache_each_gets_its_version(cached, module):
    cache = await cached(module)

    assert (await cache.get(PATH)).json() == SHOWN[1]
    for path in ("?", "??"):  # not stored yet
        answer = await cache.get(PATH + path, API_Version=NEW)
        assert answer.json() == SHOWN[2]


async def test_a_cache_still_saves_requests(cached):
    cache = await cached(versions_by_header)
    for _ in range(3):
        await cache.get(PATH, API_Version=NEW)
    assert cache.asked == 1


async def test_a_client_that_names_no_version_gets_the_first(cached):
    cache = await cached(versions_by_header)
    answer = await cache.get(PATH)

    assert answer.json() == SHOWN[1]
    assert answer.headers["Vary"] == "API-Version"


@pytest.mark.parametrize("version", ["", "2", "2026-11-03", "2026-11-02,x"])
async def test_an_unknown_version_is_refused_and_those_there_are_named(
    cached, version
):
    cache = await cached(versions_by_header)
    answer = await cache.get(PATH, API_Version=version)

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "API-Version" in answer.text
    assert "'2024-03-01' or '2026-11-02'" in answer.text


def test_every_version_has_a_view():
    assert versions_by_header.PRODUCT_VIEWS.keys() == set(ApiVersion)
