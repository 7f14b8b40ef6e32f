"""Diagrams stand in the page when it arrives, in its colours."""

import re
from pathlib import Path

import pytest

from guide.layout import ROOT
from guide.site.diagrams import fenced
from guide.snippets.shown import pages
from tests.site.inspection import DESKTOP, diagram_problems, visit
from tests.site.site import ADDRESS, address

pytestmark = pytest.mark.asyncio(loop_scope="session")

COLOURS = """
() => [...document.querySelectorAll(".diagram svg")].map((svg) => {
  const style = (e) => e && getComputedStyle(e);
  return [
    style(svg.querySelector(".node rect, .node polygon, rect.actor"))?.fill,
    style(svg.querySelector(".nodeLabel, text.actor"))?.color,
  ];
})
"""


def html_of(site: Path, path: str) -> str:
    return (site / path.strip("/") / "index.html").read_text()


def published(site: Path) -> set[str]:
    return {path.name for path in site.rglob("*")}


def written_diagrams() -> dict[str, int]:
    """How many each page has in its source, by address."""
    found = {
        address(page.relative_to("docs")): len(
            [*fenced((ROOT / page).read_text())]
        )
        for page in pages()
    }
    return {path: count for path, count in found.items() if count}


async def test_every_diagram_is_in_the_page_and_needs_no_script(site: Path):
    expected = written_diagrams()
    assert "/" in expected
    drawn = {
        path: html_of(site, path).count('<div class="diagram"><svg')
        for path in expected
    }
    assert drawn == expected


async def test_no_mermaid_is_published(site: Path):
    assert "mermaid.js" not in published(site)


async def test_no_id_stands_twice_on_a_page_with_diagrams(site: Path):
    for path in [*written_diagrams(), "/decide/"]:
        ids = re.findall(r'\sid="([^"]+)"', html_of(site, path))
        assert len(ids) == len({*ids}), path


async def test_diagrams_follow_the_palette(new_page):
    page = await new_page(color_scheme="light")
    await visit(page, "/decide/")
    light = await page.evaluate(COLOURS)
    await page.get_by_title("Switch to light").click()
    await page.get_by_title("Switch to dark").click()
    await page.wait_for_selector("body[data-md-color-scheme=slate]")
    dark = await page.evaluate(COLOURS)
    assert await diagram_problems(page) == []
    assert light
    assert all(
        before != after
        for pair in zip(light, dark, strict=True)
        for before, after in zip(*pair, strict=True)
    )


async def test_without_javascript_a_diagram_is_drawn(new_page):
    page = await new_page(java_script_enabled=False, viewport=DESKTOP)
    await page.goto(ADDRESS)
    assert await page.locator(".diagram svg").first.is_visible()


async def test_a_box_of_the_decision_chart_leads_to_its_section(new_page):
    page = await new_page()
    await visit(page, "/decide/")
    await page.locator(".diagram").get_by_text("Unit of work").click()
    await page.wait_for_url("**/topics/architecture-patterns/**")
