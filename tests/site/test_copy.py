"""The Copy buttons, pressed, and what stands beside them."""

import asyncio
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
import pytest_asyncio

from guide.layout import ROOT, is_copyable, modules
from tests.pages.test_paste import copied_texts
from tests.site.inspection import hold_time, visit
from tests.site.site import ADDRESS
from tests.support.figures import CopyButton, copy_buttons

pytestmark = pytest.mark.asyncio(loop_scope="session")

CLIPBOARD = ["clipboard-read", "clipboard-write"]
READ = "() => navigator.clipboard.readText()"
REFUSE = """
() => { navigator.clipboard.writeText = () => Promise.reject(new Error("no")) }
"""


@pytest_asyncio.fixture(loop_scope="session")
async def page(new_page):
    page = await new_page(permissions=CLIPBOARD)
    await visit(page, "/")
    return page


async def test_every_copy_has_a_text_that_the_paste_test_imported(site: Path):
    checked = set()
    for path, _, text in buttons_of(site):
        if Path(path).suffix == ".py":
            assert text in copied_texts()[Path(path)], path
        else:
            assert text == (ROOT / path).read_text(), path
        checked.add(Path(path))
    assert checked >= {path for path in modules() if is_copyable(path)}


def buttons_of(site: Path) -> list[CopyButton]:
    pages = site.rglob("index.html")
    return [each for page in pages for each in copy_buttons(page.read_text())]


@pytest.mark.parametrize(
    "pattern",
    [
        "architecture-patterns/unit-of-work",
        "code-style/clock",
        "domain-driven-design/optimistic-version",
        "event-driven/saga",
    ],
)
async def test_pressed_each_copy_gives_its_text(new_page, pattern):
    page = await new_page(permissions=CLIPBOARD)
    await visit(page, f"/topics/{pattern}/")
    expected = list(copy_buttons(await page.content()))
    buttons = await page.locator(".snippet .snippet__copy").all()
    assert len(buttons) == len(expected) > 2
    for button, (_, label, text) in zip(buttons, expected, strict=True):
        assert await button.inner_text() == label
        await button.click()
        assert await page.evaluate(READ) == text


async def test_copying_is_announced_and_the_label_comes_back(page):
    button = page.locator(".snippet__copy").first
    label = await button.inner_text()
    await hold_time(page)
    await button.click()
    status = page.locator("[role=status]:text('Copied to the clipboard')")
    await status.wait_for()
    await page.clock.run_for(1999)
    assert await button.inner_text() == "Copied"
    await page.clock.run_for(1)
    assert await button.inner_text() == label
    assert await status.count() == 0


async def test_copy_works_after_instant_navigation(new_page):
    page = await new_page(permissions=CLIPBOARD)
    await visit(page, "/reference/")
    await page.evaluate("() => { window.sameDocument = true }")
    await page.get_by_role("link", name="money", exact=True).click()
    button = page.locator(".snippet .snippet__copy").first
    await button.wait_for()
    expected = next(copy_buttons(await page.content()))
    await button.click()
    assert await page.evaluate(READ) == expected.text
    assert await page.evaluate("window.sameDocument")


async def test_a_block_that_is_no_snippet_can_be_copied(new_page):
    page = await new_page(permissions=CLIPBOARD)
    await visit(page, "/reference/domain_driven_design/money/")
    block = page.locator(".highlight:not(.no-copy, .doc-signature)").last
    await hold_time(page)
    await block.get_by_role("button", name="Copy").click()
    await page.get_by_role("button", name="Copied").wait_for()
    copied = await page.evaluate(READ)
    assert copied == await block.locator("code").evaluate("e => e.textContent")
    assert "def test_" in copied


async def test_a_usage_example_has_no_copy(page):
    await visit(page, "/topics/domain-driven-design/money/")
    usage = page.locator(".highlight", has_text="voucher.allocate")
    assert await usage.count() == 1
    assert await usage.locator(".snippet__copy").count() == 0


async def test_where_copying_is_refused_the_code_is_selected(page):
    await hold_time(page)
    await visit(page, "/topics/event-driven/saga/")
    await page.evaluate(REFUSE)
    figure = page.locator(".snippet:has(.imports)").first
    await figure.get_by_role("button", name="Copy", exact=True).click()
    await figure.get_by_role("button", name="Not copied").wait_for()
    selected = await page.evaluate("() => getSelection().toString()")
    parts = await figure.locator("pre code").all_inner_texts()
    assert len(parts) == 3
    assert selected.split() == "".join(parts).split()


async def test_long_imports_open_and_close_by_keyboard(page):
    await visit(page, "/topics/event-driven/saga/")
    imports = page.locator(".imports").first
    button = imports.get_by_role("button", name="Imports")
    await button.focus()
    for is_open in (False, True, False):
        assert (
            await button.get_attribute("aria-expanded") == str(is_open).lower()
        )
        assert await imports.locator("pre").is_visible() is is_open
        await page.keyboard.press("Enter")


async def test_imports_are_open_in_print_and_without_javascript(new_page):
    page = await new_page()
    await visit(page, "/topics/event-driven/saga/")
    assert not await page.locator(".imports pre").first.is_visible()
    await page.emulate_media(media="print")
    assert await page.locator(".imports pre").first.is_visible()
    page = await new_page(java_script_enabled=False)
    await page.goto(f"{ADDRESS}/topics/event-driven/saga/")
    assert await page.locator(".imports pre").first.is_visible()
    assert not await page.locator(".imports button").first.is_visible()


async def test_a_zip_is_offered_with_a_module(page):
    await visit(page, "/topics/event-driven/saga/")
    link = page.locator("p.snippet__zip a").first
    assert await link.inner_text() == "All 4 modules with tests (zip)"
    async with page.expect_download() as downloading:
        await link.click()
    download = await downloading.value
    assert download.suggested_filename == "saga.zip"
    packed = await asyncio.to_thread((await download.path()).read_bytes)
    with ZipFile(BytesIO(packed)) as archive:
        assert "saga/snippets/event_driven/saga.py" in archive.namelist()


async def test_a_twin_has_no_copy(page):
    await visit(page, "/topics/architecture-patterns/unit-of-work/")
    twins = page.locator(".snippet--broken")
    assert await twins.count() > 0
    assert await twins.locator(".snippet__copy").count() == 0
