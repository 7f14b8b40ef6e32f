"""Reading without JavaScript, by keyboard, in print and on a phone."""

import re
from pathlib import Path

import pytest

from tests.site.evidence import SYMPTOM
from tests.site.inspection import (
    PHONE,
    SIDEWAYS,
    add_axe,
    axe_problems,
    overhearing,
    visit,
)
from tests.site.site import ADDRESS, generated, written

pytestmark = pytest.mark.asyncio(loop_scope="session")

TOPIC = "/topics/architecture-patterns/unit-of-work/"
# The outline may be drawn around the focused element's label or form.
UNSEEN_FOCUS = """
() => {
  const focused = document.activeElement;
  const shown = [focused, focused.nextElementSibling, focused.form].some((e) =>
    e && e.checkVisibility() && getComputedStyle(e).outlineStyle !== "none");
  return shown ? [] : [focused.outerHTML.slice(0, 160)];
}
"""


async def test_without_javascript_a_page_can_be_read(new_page):
    page = await new_page(java_script_enabled=False)
    await page.goto(ADDRESS + TOPIC)
    assert await page.locator(".snippet pre").first.is_visible()
    assert await page.locator(".snippet__copy:visible").count() == 0
    await page.goto(f"{ADDRESS}/topics/architecture-patterns/")
    assert await page.locator(".diagram svg").first.is_visible()
    await page.locator("nav a", has_text="Decide").first.click()
    await page.wait_for_url("**/decide/")


async def test_without_javascript_no_page_is_wider_than_a_phone(new_page):
    page = await new_page(java_script_enabled=False, viewport=PHONE)
    for path in (*written(), *generated()[::10], "/404.html"):
        await page.goto(ADDRESS + path)
        assert await page.evaluate(SIDEWAYS) == [], path


async def test_what_is_wider_than_a_phone_is_seen_though_it_cannot_scroll(
    new_page,
):
    page = await new_page(java_script_enabled=False, viewport=PHONE)
    await page.goto(ADDRESS + TOPIC)
    await page.locator("h1").evaluate("e => { e.style.width = '3000px' }")
    (found,) = await page.evaluate(SIDEWAYS)
    assert "<h1" in found


async def test_the_first_tab_stop_skips_to_the_content(new_page):
    page = await new_page()
    await visit(page, TOPIC)
    await page.keyboard.press("Tab")
    skip = page.locator("a.md-skip")
    assert await skip.evaluate("e => e === document.activeElement")
    await page.keyboard.press("Enter")
    assert page.url.partition("#")[2]


@pytest.mark.parametrize("palette", ["light", "dark"])
async def test_slash_opens_a_search_that_finds_and_can_be_read(
    new_page, palette
):
    page = await new_page(reduced_motion="reduce")
    problems: list[str] = []
    async with overhearing(page, problems):
        await visit(page, "/")
        await page.emulate_media(color_scheme=palette)
        await page.keyboard.press("/")
        await page.keyboard.type("unit of work", delay=20)
        search = page.get_by_role("dialog", name="Search")
        await search.get_by_role("link").first.wait_for()
        await add_axe(page)
        problems += await axe_problems(page, palette)
        await search.locator("a[href*='/topics/']").first.click()
        await page.wait_for_url("**/topics/*/**")
    assert problems == []


async def test_every_tab_stop_shows_its_focus(new_page):
    page = await new_page()
    await visit(page, TOPIC)
    unseen = []
    for _ in range(40):
        await page.keyboard.press("Tab")
        unseen += await page.evaluate(UNSEEN_FOCUS)
    assert unseen == []


async def test_reduced_motion_stops_all_motion(new_page):
    page = await new_page(reduced_motion="reduce")
    await visit(page, TOPIC)
    assert (
        await page.evaluate(
            """() => [...document.querySelectorAll("*")].filter(
             (e) => getComputedStyle(e).transitionDuration !== "0s"
               && getComputedStyle(e).transitionProperty !== "none").length"""
        )
        == 0
    )


async def test_the_footer_says_when_the_snippets_were_verified(shared_page):
    await visit(shared_page, "/")
    footer = await shared_page.locator(".verified").inner_text()
    assert footer.startswith("Last verified: 2026-11-24, commit abc1234, ")


async def test_pages_show_every_form_of_evidence(site: Path):
    """So that whoever looks at all pages has seen how each looks."""
    text = "".join(
        re.sub("<[^>]+>", "", page.read_text())
        for page in (site / "topics").rglob("index.html")
    )
    for form in (
        "Run by 1 passing test on PostgreSQL 18.6 and RabbitMQ 3.10.8",
        f"{SYMPTOM}Fails 1 test as stated on PostgreSQL 18.6",
        "Killed everywhere: fix held at all 2 boundaries; broken failed at 1",
        "Not verified in this build",
    ):
        assert form in text, form
    assert "Survived" in (site / "evidence" / "index.html").read_text()


async def test_a_phone_gets_the_whole_home_page(new_page):
    page = await new_page(viewport=PHONE, is_mobile=True, has_touch=True)
    await page.goto(ADDRESS)
    assert await page.evaluate(SIDEWAYS) == []
    await page.locator(".doors").get_by_role("link", name="Decide").click()
    await page.wait_for_url("**/decide/")
