"""Diagrams are drawn whichever way a reader comes to them."""

import re
from pathlib import Path

import pytest
import pytest_asyncio

from tests.site.inspection import (
    arrive,
    diagram_problems,
    follow,
    overhearing,
    visit,
)
from tests.site.site import generated, written

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(240),
]

MARK_DOCUMENT = "() => { window.sameDocument = true }"
DRAWN = "div.mermaid"
SAME_DOCUMENT = "() => window.sameDocument === true"
NODE_COLOURS = """
() => [...document.querySelectorAll("div.mermaid")].map((div) => {
  const style = (e) => e && getComputedStyle(e);
  const root = div.shadowRoot;
  return [
    style(root.querySelector(".node rect, .node polygon, rect.actor"))?.fill,
    style(root.querySelector(".nodeLabel, text.actor"))?.color,
  ];
})
"""


def diagrams_of(site: Path, path: str) -> int:
    html = (site / path.strip("/") / "index.html").read_text()
    return len(re.findall(r'<pre class="mermaid">', html))


@pytest_asyncio.fixture(loop_scope="session")
async def start(new_page):
    """A page without diagrams, loaded in full."""
    page = await new_page()
    await visit(page, "/reference/")
    await page.evaluate(MARK_DOCUMENT)
    return page


async def test_instant_navigation_and_back_draw_every_diagram(start, site):
    drawn = {
        path: diagrams_of(site, path) for path in [*written(), *generated()]
    }
    drawn = {path: count for path, count in drawn.items() if count}
    assert drawn.keys() >= {"/", "/decide/"}
    problems: list[str] = []
    async with overhearing(start, problems):
        for path, count in drawn.items():
            await follow(start, path)
            assert await start.locator(DRAWN).count() == count
            problems += await diagram_problems(start)
        for path, count in [*drawn.items()][-2::-1]:
            await start.go_back()
            await arrive(start, path)
            assert await start.locator(DRAWN).count() == count
            problems += await diagram_problems(start)
    assert problems == []
    assert await start.evaluate(SAME_DOCUMENT)


async def test_diagrams_follow_the_palette(new_page):
    page = await new_page(color_scheme="light")
    await visit(page, "/decide/")
    light = await page.evaluate(NODE_COLOURS)
    await page.get_by_title("Switch to light").click()
    await page.get_by_title("Switch to dark").click()
    await page.wait_for_selector("body[data-md-color-scheme=slate]")
    dark = await page.evaluate(NODE_COLOURS)
    assert await diagram_problems(page) == []
    assert all(
        before != after
        for pair in zip(light, dark, strict=True)
        for before, after in zip(*pair, strict=True)
    )


async def test_a_box_of_the_decision_chart_leads_to_its_section(new_page):
    page = await new_page()
    await visit(page, "/decide/")
    await page.locator("div.mermaid").get_by_text("Unit of work").click()
    await page.wait_for_url("**/topics/architecture-patterns/#unit-of-work")


async def test_a_page_without_diagrams_does_not_load_mermaid(new_page):
    page = await new_page()
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    await visit(page, "/reference/")
    assert not [url for url in loaded if "vendor" in url]


async def test_where_mermaid_cannot_load_the_source_is_shown(new_page):
    page = await new_page()
    await page.route("**/vendor/mermaid.js", lambda route: route.abort())
    await visit(page, "/decide/")
    source = page.locator("pre.mermaid code")
    assert "flowchart TD" in await source.inner_text()
    assert await source.evaluate("e => getComputedStyle(e).visibility") == (
        "visible"
    )
