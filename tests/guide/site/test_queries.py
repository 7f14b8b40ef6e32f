"""What readers type leads to the page that answers it."""

import json
import tomllib

import pytest
import quickjs

from guide.decide import outcomes
from guide.layout import ROOT
from guide.site import search
from tests.guide.site.test_search import ENGINE

QUERIES = tomllib.loads((ROOT / "tests/guide/site/queries.toml").read_text())[
    "query"
]

# The first of them makes the index, from all pages.
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def ask():
    context = quickjs.Context()
    context.eval(ENGINE.read_text())
    pages = {
        path: str(content)
        for path, content in outcomes.files()
        if path.suffix == ".md"
    }
    context.set("pages", search.index(pages))
    context.eval("globalThis.engine = new SearchEngine(JSON.parse(pages))")

    def ask(query: str) -> list[str]:
        context.set("query", query)
        hits = context.eval("JSON.stringify(engine.search(query, 3))")
        return [hit["page"]["url"] for hit in json.loads(hits)]

    return ask


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [(asked, query) for query in QUERIES for asked in query["asked"]],
    ids=[asked for query in QUERIES for asked in query["asked"]],
)
def test_a_query_finds_its_page(ask, asked, wanted):
    found = ask(asked)
    places = found[:1] if wanted.get("first") else found
    assert {f"topics/{page}/" for page in wanted["pages"]} & {*places}, found
