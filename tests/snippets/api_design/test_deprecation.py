"""Deprecation: told on every answer, in the RFCs' forms, and kept to."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import fastapi
import httpx
import pytest
from fastapi import FastAPI, Response
from pydantic import BaseModel, Field
from starlette.datastructures import MutableHeaders

from snippets.api_design import (
    deprecation,
    deprecation_decorator_broken,
    deprecation_draft_broken,
    versions_by_path,
)
from snippets.api_design.deprecation import DeprecatedPaths, Deprecation
from snippets.api_design.problem_details import (
    document_problems,
    problem_responses,
)
from snippets.code_style.clock import FixedClock
from tests.snippets.api_design.products import SHOWN, store_tea
from tests.support.http import served
from tests.support.twins import fix_and_twin

SINCE = datetime(2026, 11, 2, tzinfo=UTC)
SUNSET = datetime(2027, 5, 1, 12, tzinfo=UTC)
POLICY = "https://shop.example/v1-ends"
SUCCESSOR = "https://shop.example/v2/products"
DATES = (SINCE, SUNSET, POLICY, SUCCESSOR)


def told(answer):
    """What a client learns that reads the headers as the RFCs say."""
    since, sunset = answer.headers["Deprecation"], answer.headers["Sunset"]
    assert since.startswith("@")  # a Date of RFC 9651, section 3.3.7
    assert sunset.endswith(" GMT")  # an HTTP-date of RFC 9110, section 5.6.7
    return (
        datetime.fromtimestamp(int(since[1:]), UTC),
        parsedate_to_datetime(sunset),
    )


def deprecated(app, clock, dates=None, prefix="/v1"):
    return DeprecatedPaths(app, prefix, dates or Deprecation(*DATES), clock)


@pytest.fixture
def clock():
    return FixedClock(SUNSET - timedelta(seconds=1))


@pytest.fixture
def serve_v1(serve, engine, clock):
    """``await serve_v1(router, dates)``: a client of what is deprecated."""

    async def serve_v1(router, *dates):
        await store_tea(engine)
        app = FastAPI()
        document_problems(app)
        app.include_router(
            router, deprecated=True, responses=problem_responses(410)
        )
        app.include_router(versions_by_path.products_v2)
        for date in dates:
            app.add_middleware(
                DeprecatedPaths, prefix="/v1", deprecation=date, clock=clock
            )
        return await serve(app)

    return serve_v1


@fix_and_twin(
    "way",
    (versions_by_path, Deprecation(*DATES)),
    (deprecation_decorator_broken,),
    "No client ever hears that it ends, until it gets a 404.",
)
@pytest.mark.filterwarnings("ignore:Use /v2/products")
async def test_every_answer_says_that_it_will_end(serve_v1, way):
    module, *dates = way
    client = await serve_v1(module.products_v1, *dates)
    for path in ("/v1/products/TEA-1", "/v1/products/POT-1", "/v1/products/x"):
        answer = await client.get(path)
        assert answer.status_code in {200, 404, 422}
        assert "Deprecation" in answer.headers
        assert told(answer) == (SINCE, SUNSET)


async def test_the_decorator_warns_the_operator(serve_v1):
    client = await serve_v1(deprecation_decorator_broken.products_v1)
    with pytest.warns(DeprecationWarning, match="Use /v2/products"):
        answer = await client.get("/v1/products/TEA-1")

    assert answer.json() == SHOWN[1]
    assert not hasattr(fastapi, "deprecated")


@fix_and_twin(
    "module",
    deprecation,
    deprecation_draft_broken,
    "A client that reads the dates as the RFCs write them finds none.",
)
async def test_the_dates_can_be_read(serve_v1, module):
    client = await serve_v1(
        versions_by_path.products_v1, module.Deprecation(*DATES)
    )

    assert told(await client.get("/v1/products/TEA-1")) == (SINCE, SUNSET)


@pytest.mark.parametrize("module", [deprecation, deprecation_draft_broken])
async def test_before_the_sunset_it_answers(serve_v1, module):
    client = await serve_v1(
        versions_by_path.products_v1, module.Deprecation(*DATES)
    )
    answer = await client.get("/v1/products/TEA-1")

    assert answer.json() == SHOWN[1]
    assert answer.links["deprecation"]["url"] == POLICY


async def test_from_the_sunset_on_it_is_gone(serve_v1, clock):
    client = await serve_v1(versions_by_path.products_v1, Deprecation(*DATES))
    clock.advance(timedelta(seconds=1))
    answer = await client.get("/v1/products/TEA-1")

    assert answer.status_code == 410
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert told(answer) == (SINCE, SUNSET)
    assert answer.links["successor-version"]["url"] == SUCCESSOR
    assert (await client.get("/v2/products/TEA-1")).json() == SHOWN[2]


async def test_what_is_not_deprecated_is_as_before(serve_v1):
    client = await serve_v1(versions_by_path.products_v1, Deprecation(*DATES))
    answer = await client.get("/v2/products/TEA-1")

    assert answer.json() == SHOWN[2]
    assert not {"deprecation", "sunset", "link"} & answer.headers.keys()


async def test_the_document_says_so_too(serve_v1):
    client = await serve_v1(versions_by_path.products_v1, Deprecation(*DATES))
    paths = (await client.get("/openapi.json")).json()["paths"]
    old, new = (
        paths[f"/v{version}/products/{{sku}}"]["get"] for version in (1, 2)
    )

    assert old["deprecated"] is True
    assert "410" in old["responses"]
    assert "deprecated" not in new


def test_a_single_field_can_be_deprecated_in_the_document():
    class Product(BaseModel):
        price: int = Field(deprecated=True)

    schema = Product.model_json_schema()
    assert schema["properties"]["price"]["deprecated"] is True


@pytest.mark.parametrize(
    ("path", "covered"),
    [
        ("/v1", True),
        ("/v1/", True),
        ("/v1/a", True),
        ("/v10", False),
        ("/v", False),
        ("/V1", False),
        ("/", False),
    ],
)
async def test_a_prefix_is_whole_segments(path, covered, clock):
    app = deprecated(Response("here"), clock)
    async with (
        served(app) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        answer = await client.get(path)

    assert ("Deprecation" in answer.headers) is covered


@pytest.mark.parametrize("prefix", ["/v1", "/v1/"])
@pytest.mark.parametrize(
    ("path", "covered"),
    [("/api/v1/a", True), ("/api/v1", True), ("/api/v2/a", False)],
)
async def test_a_prefix_is_the_routers_wherever_the_application_stands(
    prefix, path, covered, clock
):
    async def said(app, path, **settings):
        async with (
            served(app, **settings) as url,
            httpx.AsyncClient(base_url=url) as client,
        ):
            answer = await client.get(path)
        return "Deprecation" in answer.headers

    app = deprecated(Response("here"), clock, prefix=prefix)
    outer = FastAPI()
    outer.mount("/api", app)
    assert await said(outer, path) is covered
    behind_a_proxy = path.removeprefix("/api")
    assert await said(app, behind_a_proxy, root_path="/api") is covered


@pytest.mark.parametrize("settings", [{}, {"root_path": "/api"}])
async def test_a_prefix_is_below_the_root_path(clock, settings):
    """As uvicorn tells it, for a proxy that takes ``/api`` away."""
    app = deprecated(Response("here"), clock)
    async with (
        served(app, **settings) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        assert "Deprecation" in (await client.get("/v1/products")).headers
        assert "Deprecation" not in (await client.get("/v2/v1/a")).headers


async def test_the_links_are_beside_others(clock):
    page = Response(headers={"Link": '<?after=3>; rel="next"'})
    async with (
        served(deprecated(page, clock)) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        answer = await client.get("/v1")

    assert answer.links.keys() == {
        "next",
        "deprecation",
        "sunset",
        "successor-version",
    }


async def test_the_application_starts_and_stops_as_without(clock):
    happened = []

    async def lifespan(_):
        happened.append("started")
        yield
        happened.append("stopped")

    app = deprecated(FastAPI(lifespan=lifespan), clock)
    async with served(app) as url, httpx.AsyncClient() as client:
        await client.get(url)
        assert happened == ["started"]

    assert happened == ["started", "stopped"]


@pytest.mark.parametrize(
    ("since", "sunset"),
    [
        (SUNSET, SINCE),
        (SINCE.replace(tzinfo=None), SUNSET),
        (SINCE, SUNSET.replace(tzinfo=None)),
    ],
)
def test_dates_that_make_no_sense_are_refused(since, sunset):
    with pytest.raises(ValueError, match=r"sunset|time zone"):
        Deprecation(since, sunset, POLICY, SUCCESSOR)


def test_it_may_end_when_it_is_deprecated():
    assert Deprecation(SINCE, SINCE, POLICY, SUCCESSOR).sunset == SINCE


def test_dates_of_another_zone_are_sent_in_gmt():
    berlin = timezone(timedelta(hours=2))
    headers = MutableHeaders()
    Deprecation(
        SINCE.astimezone(berlin), SUNSET.astimezone(berlin), POLICY, SUCCESSOR
    ).add_to(headers)

    assert headers["Deprecation"] == "@1793577600"
    assert headers["Sunset"] == "Sat, 01 May 2027 12:00:00 GMT"
