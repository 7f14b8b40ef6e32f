"""The decision guide as a reader uses it: by keyboard, by link, without
JavaScript, and with what they take away.
"""

import gzip
import hashlib
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from guide.decide.flow import load
from guide.layout import ROOT
from tests.site.conftest import looking_page, session_fixture
from tests.site.inspection import (
    DESKTOP,
    PHONE,
    SIDEWAYS,
    add_axe,
    axe_problems,
    hold_time,
    overhearing,
    visit,
)
from tests.site.site import ADDRESS

pytestmark = pytest.mark.asyncio(loop_scope="session")

FLOW = load()
OUTCOMES = list(FLOW.outcomes())
THIRD = "/decide/?complex-domain=no&multiple-sources=no"
SCRIPT = ROOT / "guide/decide/templates/ask.js"
FOCUSED = "() => document.activeElement.textContent.trim()"
FOCUS_ON = """
(title) => document.activeElement.textContent.trim() === title
"""
ON_OUTCOME = "() => document.activeElement.id === 'outcome'"
PATH_ON_MAP = """
() => {
  const root = document.querySelector(".decide__map");
  const ids = (kind) => [...root.querySelectorAll(`.node.${kind}`)].map(
    (node) => node.dataset.node);
  return root.querySelector(".asked") && {
    taken: ids("taken"), asked: ids("asked"),
    edges: [...root.querySelectorAll("path.taken")].map((e) => e.dataset.id),
  };
}
"""


@session_fixture
async def one_page(browser: Browser) -> Page:
    return await looking_page(browser)


@pytest_asyncio.fixture(loop_scope="session")
async def page(one_page: Page) -> AsyncIterator[Page]:
    """The same for all tests, as a new one takes longer than most of them."""
    await one_page.set_viewport_size(DESKTOP)
    await one_page.emulate_media(media="screen", color_scheme="light")
    problems: list[str] = []
    async with overhearing(one_page, problems):
        yield one_page
    await one_page.evaluate("() => localStorage.clear()")
    await one_page.goto("about:blank")
    assert problems == []


def question(page, title):
    return page.locator(".decide").get_by_role("heading", name=title, level=2)


async def expect_question(page, question_id):
    title = FLOW.asked[question_id].title
    await question(page, title).wait_for()
    await page.wait_for_function(FOCUS_ON, arg=title)


def state(page) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(page.url).query)


async def answer_by_keyboard(page, answer):
    """Tab to the radio buttons, choose, tab to Continue, press it."""
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    if answer == "no":
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    assert await page.evaluate(FOCUSED) == "Continue"
    await page.keyboard.press("Enter")


@pytest.mark.parametrize("walk", OUTCOMES, ids=lambda walk: walk.slug)
async def test_each_path_can_be_taken_by_keyboard_alone(page, walk):
    await page.goto(f"{ADDRESS}/decide/")
    await question(page, FLOW.asked[FLOW.start].title).focus()
    given = []
    for question_id, answer in walk.answers:
        await expect_question(page, question_id)
        assert state(page) == given
        given.append((question_id, answer))
        await answer_by_keyboard(page, answer)
    await page.wait_for_url(f"**/decide/outcomes/{walk.slug}/")
    await page.wait_for_function(ON_OUTCOME)
    titles = await page.locator("h3[id]").all_inner_texts()
    assert [re.sub(r"^\d+\. |#$", "", title) for title in titles] == [
        step.pattern.title for step in walk.steps
    ]


async def test_back_and_forward_show_and_focus_the_question(page):
    await page.goto(ADDRESS + "/decide/")
    for _ in range(2):
        await page.get_by_label("No", exact=True).check()
        await page.get_by_role("button", name="Continue").click()
    await expect_question(page, "cross-aggregate")

    await page.go_back()
    await expect_question(page, "multiple-sources")
    assert state(page) == [("complex-domain", "no")]
    await page.go_back()
    await expect_question(page, "complex-domain")
    await page.go_forward()
    await page.go_forward()
    await expect_question(page, "cross-aggregate")


async def test_back_from_an_outcome_returns_to_the_last_question(page):
    await page.goto(ADDRESS + "/decide/?complex-domain=yes&cross-service=no")
    await page.get_by_label("No", exact=True).check()
    await page.get_by_role("button", name="Continue").click()
    await page.wait_for_url("**/outcomes/complex-domain/")
    await page.go_back()
    await question(page, "Needs real-time updates?").wait_for()


async def test_a_shared_or_reloaded_link_gives_the_same_place(page):
    await page.goto(ADDRESS + THIRD)
    await question(page, "Transaction across aggregates?").wait_for()
    await page.reload()
    await question(page, "Transaction across aggregates?").wait_for()
    assert page.url == ADDRESS + THIRD


async def test_a_link_with_every_answer_gives_the_outcome(page):
    await page.goto(
        f"{ADDRESS}/decide/?complex-domain=yes&cross-service=no&real-time=yes"
    )
    await page.wait_for_url("**/decide/outcomes/complex-domain_real-time/")


async def test_a_changed_answer_keeps_those_that_are_still_asked(page):
    await page.goto(f"{ADDRESS}/decide/outcomes/complex-domain_real-time/")
    change = page.get_by_role("link", name="Change the answer to Cross-service")
    await change.click()
    await question(page, "Cross-service operation?").wait_for()
    assert await page.get_by_label("No", exact=True).is_checked()
    await page.get_by_label("Yes", exact=True).check()
    await page.get_by_role("button", name="Continue").click()
    await page.wait_for_url(
        "**/outcomes/complex-domain_cross-service_real-time/"
    )


async def test_a_changed_answer_asks_what_is_new(page):
    await page.goto(ADDRESS + "/decide/?complex-domain=yes&cross-service=yes")
    answers = page.locator(".decide .answers")
    await answers.get_by_role("link", name="Complex domain").click()
    await expect_question(page, "complex-domain")
    await page.get_by_label("No", exact=True).check()
    await page.get_by_role("button", name="Continue").click()
    await expect_question(page, "multiple-sources")
    await page.get_by_label("Yes", exact=True).check()
    await page.get_by_role("button", name="Continue").click()
    await expect_question(page, "real-time")


async def test_start_over_forgets_every_answer(page):
    await page.goto(ADDRESS + THIRD)
    await page.get_by_role("link", name="Start over").click()
    await expect_question(page, "complex-domain")
    assert state(page) == []
    assert await page.locator(".decide .answers").count() == 0


async def test_a_question_must_be_answered(page):
    await page.goto(ADDRESS + "/decide/")
    await page.get_by_role("button", name="Continue").click()
    assert state(page) == []
    assert await page.locator(":invalid:focus").count() == 1


@pytest.mark.parametrize(
    ("query", "notice", "shown", "left"),
    [
        ("simple=yes", "“simple”, which is no question", "complex-domain", ""),
        (
            "complex-domain=perhaps",
            "“perhaps” is no answer to “Complex domain logic?”",
            "complex-domain",
            "",
        ),
        (
            "complex-domain=yes&complex-domain=no&cross-service=yes",
            "with yes and with no",
            "complex-domain",
            "cross-service=yes",
        ),
        (
            "complex-domain=no&real-time=yes",
            "“Needs real-time updates?” before its turn",
            "multiple-sources",
            "complex-domain=no&real-time=yes",
        ),
        (
            "complex-domain=yes&multiple-sources=no&cross-service=no",
            "“Multiple data sources?” is not asked",
            "real-time",
            "complex-domain=yes&cross-service=no",
        ),
        (
            "complex-domain=yes&cross-service=no&real-time=no&a=b",
            "“a”, which is no question",
            None,
            "complex-domain=yes&cross-service=no&real-time=no",
        ),
        (
            "complex-domain=yes&multiple-sources=no&cross-service=no"
            "&real-time=no",
            "“Multiple data sources?” is not asked",
            None,
            "complex-domain=yes&cross-service=no&real-time=no",
        ),
    ],
)
async def test_a_link_that_makes_no_sense_gives_a_notice_and_a_place(
    page, query, notice, shown, left
):
    await page.goto(f"{ADDRESS}/decide/?{query}")
    said = await page.get_by_role("alert").all_inner_texts()
    assert any(notice in text for text in said), said
    title = FLOW.asked[shown].title if shown else "All questions are answered"
    await question(page, title).wait_for()
    assert urlsplit(page.url).query == left
    if not shown:
        await page.get_by_role("link", name="See the outcome").click()
        await page.wait_for_url("**/outcomes/complex-domain/")


async def test_parameters_of_search_and_campaigns_are_no_answers(page):
    await page.goto(f"{ADDRESS}/decide/?h=saga&utm_source=mail")
    await question(page, "Complex domain logic?").wait_for()
    assert await page.get_by_role("alert").count() == 0


async def test_a_new_question_is_announced(page):
    await page.goto(ADDRESS + "/decide/")
    await page.get_by_label("Yes", exact=True).check()
    await page.get_by_role("button", name="Continue").click()
    status = page.locator(".decide > [role=status]")
    assert await status.inner_text() == "Question 2: Cross-service operation?"


async def test_the_guide_works_after_instant_navigation(page):
    await visit(page, "/reference/")
    await page.evaluate("() => { window.sameDocument = true }")
    await page.get_by_role("link", name="Decide", exact=True).first.click()
    await page.get_by_label("No", exact=True).check()
    await page.get_by_role("button", name="Continue").click()
    await expect_question(page, "multiple-sources")
    await page.go_back()
    await expect_question(page, "complex-domain")
    assert await page.evaluate("window.sameDocument")


async def test_the_map_shows_the_path_and_the_question(new_page):
    page = await new_page()
    await visit(page, THIRD)
    await page.wait_for_function(PATH_ON_MAP)
    shown = await page.evaluate(PATH_ON_MAP)
    assert shown["asked"] == ["cross-aggregate"]
    assert shown["taken"] == [
        "new-feature",
        "complex-domain",
        "multiple-sources",
        "cross-aggregate",
    ]
    assert shown["edges"] == [
        "from-start",
        "from-complex-domain-no",
        "from-multiple-sources-no",
    ]
    await page.get_by_label("Yes", exact=True).check()
    await page.get_by_role("button", name="Continue").click()
    shown = await page.evaluate(PATH_ON_MAP)
    assert shown["asked"] == ["cross-service"]
    assert "unit-of-work" in shown["taken"]
    assert "from-cross-aggregate-yes" in shown["edges"]


async def test_a_link_to_a_question_opens_it_among_all_questions(page):
    await page.goto(f"{ADDRESS}/decide/#cross-aggregate")
    heading = page.locator("#cross-aggregate")
    await heading.wait_for(state="visible")
    assert await heading.evaluate("e => e.closest('details').open")


@pytest.mark.parametrize("palette", ["light", "dark"])
async def test_axe_finds_nothing_in_either_palette(page, palette):
    """In a question with all it may show; outcomes are inspected as pages."""
    await visit(page, f"{THIRD}&odd=yes")
    await page.emulate_media(color_scheme=palette)
    await page.locator(".decide details > summary").click()
    await add_axe(page)
    assert await axe_problems(page, palette) == []


async def test_in_print_all_questions_and_their_doubts_are_there(page):
    await page.goto(ADDRESS + THIRD)
    await page.emulate_media(media="print")
    assert await page.locator(".decide__ask:visible").count() == 0
    for item in FLOW.questions:
        section = page.locator(f"[data-question={item.id}]")
        for text in (item.ask, item.not_sure.because):
            shown = section.get_by_text(text)
            assert (await shown.bounding_box())["height"] > 0


async def test_on_a_phone_nothing_scrolls_sideways(new_page):
    page = await new_page(viewport=PHONE, is_mobile=True, has_touch=True)
    for path in (THIRD, "/decide/outcomes/all-no/"):
        await page.goto(ADDRESS + path)
        assert await page.evaluate(SIDEWAYS) == []
    await page.goto(ADDRESS + THIRD)
    sign = page.locator(".decide").get_by_text("Half of the change")
    await sign.tap(force=True)  # the label of the whole card is over it
    assert await page.get_by_label("Yes", exact=True).is_checked()
    await page.get_by_role("button", name="Continue").tap()
    heading = question(page, "Cross-service operation?")
    await heading.wait_for()
    assert (await heading.bounding_box())["y"] < PHONE["height"] / 2


async def test_without_javascript_links_lead_to_every_outcome(new_page):
    page = await new_page(java_script_enabled=False)
    await page.goto(f"{ADDRESS}/decide/")
    assert await page.locator(".decide:visible").count() == 0
    for item in FLOW.questions:
        assert await page.locator(f"#{item.id}").is_visible()
    links = page.locator("article a[href^='outcomes/']")
    found = [await link.get_attribute("href") for link in await links.all()]
    assert found == [f"outcomes/{walk.slug}/" for walk in OUTCOMES]
    await links.last.click()
    await page.wait_for_url(f"**/{OUTCOMES[-1].slug}/")  # and its whole page
    assert await page.locator(".snippet pre").first.is_visible()
    rows = page.locator(".compare tbody tr")
    assert await rows.count() == len(OUTCOMES) - 1
    await page.get_by_role("link", name="Change the answer to Needs").click()
    await page.wait_for_url(re.compile("/decide/.*#real-time$"))


async def test_compare_shows_what_another_outcome_adds_and_removes(page):
    await page.goto(f"{ADDRESS}/decide/outcomes/complex-domain/")
    compare = page.get_by_label("Compare with")
    await compare.select_option("Domain model, saga, request-response")
    row = page.locator(".compare tbody tr:visible")
    assert await row.count() == 1
    cells = await row.locator("td").all_inner_texts()
    assert cells[1:] == [
        "Cross-service operation? Yes",
        "Saga pattern",
        "Single transaction",
    ]


async def test_the_record_on_the_clipboard_is_the_file(new_page, site: Path):
    page = await new_page(permissions=["clipboard-read", "clipboard-write"])
    await page.goto(f"{ADDRESS}/decide/outcomes/cross-service/")
    await hold_time(page)
    await page.get_by_role("button", name="Copy as ADR").click()
    await page.get_by_role("button", name="Copied").wait_for()
    copied = await page.evaluate("() => navigator.clipboard.readText()")
    file = site / "decide" / "outcomes" / "cross-service.adr.txt"
    assert copied == file.read_text()
    link = page.get_by_role("link", name="as a file")
    href = await link.evaluate("e => e.href")
    assert href == f"{ADDRESS}/decide/outcomes/{file.name}"


async def test_the_zip_that_is_downloaded_is_the_one_that_was_built(
    page, site: Path
):
    await page.goto(f"{ADDRESS}/decide/outcomes/cross-service/")
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Download snippets").click()
    download = await downloading.value
    assert download.suggested_filename == "cross-service.zip"
    digests = [
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (
            Path(await download.path()),
            site / "decide" / "outcomes" / "cross-service.zip",
        )
    ]
    assert digests[0] == digests[1]


async def test_from_the_home_page_to_an_outcome(page):
    await page.goto(f"{ADDRESS}/")
    await page.locator(".doors").get_by_role("link", name="Decide").click()
    await question(page, "Complex domain logic?").wait_for()


async def test_the_script_is_small_and_needs_nothing():
    script = SCRIPT.read_bytes()
    assert len(gzip.compress(script)) <= 8 * 1024
    assert b"import" not in script


async def test_every_outcome_can_be_found_by_search(site: Path):
    index = json.loads((site / "assets" / "search.json").read_text())
    found = {entry["url"] for entry in index if entry["kind"] == "outcome"}
    assert found == {f"decide/outcomes/{walk.slug}/" for walk in OUTCOMES}
