"""Depth of JSON: what is accepted can be shown, and nothing is a 500."""

from importlib.util import find_spec, module_from_spec

import pytest
from fastapi import APIRouter

from snippets.api_design.field_types import JsonObject, RequestModel
from snippets.api_design.json_depth import DEEPEST, Preferences
from tests.support.twins import fix_and_twin

POISONED = "One client stores 300 levels, and every GET of them is a 500."


def loaded(name):
    """What is wrong in its declarations is imported by who proves it."""
    spec = find_spec(f"snippets.api_design.{name}")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def nested(levels, opening="[", closing="]", inside="1"):
    """A body whose values are so many levels deep, themselves included."""
    inner = opening * (levels - 1) + inside + closing * (levels - 1)
    return f'{{"values": {{"a": {inner}}}}}'


@pytest.fixture
def preferences(serve):
    """A client of routes that keep an object of the model."""
    kept = []

    async def preferences(model):
        router = APIRouter()

        @router.put("/preferences", status_code=204)
        async def keep(new: model) -> None:
            kept[:] = [new]

        @router.get("/preferences")
        async def show() -> model:
            return kept[0]

        return await serve(router)

    return preferences


async def put(client, body):
    headers = {"Content-Type": "application/json"}
    response = await client.put("/preferences", content=body, headers=headers)
    return response.status_code


@fix_and_twin("name", "json_depth", "json_depth_broken", POISONED)
async def test_what_is_accepted_can_be_shown(preferences, name):
    client = await preferences(loaded(name).Preferences)
    for levels in (2, DEEPEST, 100, 254, 255, 256, 300, 900):
        if await put(client, nested(levels)) == 204:
            shown = await client.get("/preferences")
            assert shown.status_code == 200


@pytest.mark.parametrize("name", ["json_depth", "json_depth_broken"])
async def test_what_people_store_is_kept(preferences, name):
    client = await preferences(loaded(name).Preferences)
    assert await put(client, '{"values": {"colours": [{"a": 1}, null]}}') == 204
    shown = await client.get("/preferences")
    assert shown.json() == {"values": {"colours": [{"a": 1}, None]}}


@pytest.mark.parametrize(
    ("opening", "closing", "inside"),
    [("[", "]", "1"), ('{"a":', "}", "1"), ("[", "]", "{}"), ("[", "]", "")],
)
async def test_the_bound_is_one_of_levels(
    preferences, opening, closing, inside
):
    client = await preferences(Preferences)
    deepest = DEEPEST - (inside == "{}")
    form = opening, closing, inside
    assert await put(client, nested(deepest, *form)) == 204
    assert await put(client, nested(deepest + 1, *form)) == 422


async def test_pydantic_accepts_one_level_more_than_it_writes(preferences):
    class Deep(RequestModel):
        values: JsonObject

    client = await preferences(Deep)
    for levels, shown in ((254, 200), (255, 500)):
        assert await put(client, nested(levels)) == 204
        assert (await client.get("/preferences")).status_code == shown
    assert await put(client, nested(256)) == 422


@pytest.mark.parametrize("levels", [970, 2_000, 100_000])
async def test_what_python_cannot_parse_is_refused(preferences, levels):
    """`json` raises RecursionError, and FastAPI makes a 400 of it."""
    client = await preferences(Preferences)
    assert await put(client, nested(levels)) == 400


async def test_wide_is_not_deep(preferences):
    client = await preferences(Preferences)
    many = ",".join(["[1]"] * 50_000)
    assert await put(client, f'{{"values": {{"a": [{many}]}}}}') == 204
