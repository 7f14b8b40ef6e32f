"""CORS: every answer that a browser should be able to read has the header."""

import httpx
import pytest
from fastapi import FastAPI

from snippets.architecture_patterns import cors, cors_broken
from snippets.architecture_patterns.error_mapping import install_problem_details
from snippets.code_style.errors import NotFoundError
from tests.support.http import served
from tests.support.twins import fix_and_twin

ORIGIN = "https://shop.example"
both = pytest.mark.parametrize("module", [cors, cors_broken])


@pytest.fixture
def call(serve):
    """``await call(module, path)``: the answer to a page of ORIGIN."""

    async def call(module, path, origin=ORIGIN, method="GET", **headers):
        app = FastAPI()
        install_problem_details(app)

        @app.get("/ok")
        async def ok() -> None: ...

        @app.get("/missing")
        async def missing() -> None:
            raise NotFoundError("There is no order 42")

        @app.get("/bug")
        async def bug() -> None:
            raise KeyError("a bug")

        address = await serve(module.with_cors(app, [ORIGIN]))
        async with httpx.AsyncClient(base_url=address) as client:
            return await client.request(
                method, path, headers={"Origin": origin, **headers}
            )

    return call


def allowed(response):
    return response.headers.get("Access-Control-Allow-Origin")


@fix_and_twin(
    "module",
    cors,
    cors_broken,
    "The browser reports a CORS error, so nobody sees that "
    "the service answered 500.",
)
async def test_a_page_may_read_that_the_service_has_crashed(call, module):
    response = await call(module, "/bug")

    assert response.status_code == 500
    assert response.headers["Content-Type"] == "application/problem+json"
    assert allowed(response) == ORIGIN


@both
@pytest.mark.parametrize(
    ("path", "status"), [("/ok", 200), ("/missing", 404), ("/nowhere", 404)]
)
async def test_a_page_may_read_every_other_answer(call, module, path, status):
    response = await call(module, path)

    assert (response.status_code, allowed(response)) == (status, ORIGIN)


@both
async def test_a_page_may_send_json(call, module):
    response = await call(
        module,
        "/ok",
        method="OPTIONS",
        **{
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )

    assert (response.status_code, allowed(response)) == (200, ORIGIN)


async def test_a_page_of_another_origin_may_read_nothing(call):
    for path in ("/ok", "/bug"):
        response = await call(cors, path, origin="https://evil.example")

        assert allowed(response) is None


async def test_the_application_starts_and_stops_as_without():
    happened = []

    async def lifespan(_):
        happened.append("started")
        yield
        happened.append("stopped")

    app = cors.with_cors(FastAPI(lifespan=lifespan), [ORIGIN])
    async with served(app) as address, httpx.AsyncClient() as client:
        await client.get(address)
        assert happened == ["started"]

    assert happened == ["started", "stopped"]
