"""A real Chromium, the built site, and a page to look at it with."""

import fcntl
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    async_playwright,
)

from tests.conftest import common_folder
from tests.site.evidence import pretend
from tests.site.inspection import visit
from tests.site.site import HOST, build, build_pages, serve
from tests.support.missing import HIDDEN, give_up, is_hidden

TESTS = Path(__file__).parents[1]
session_fixture = pytest_asyncio.fixture(scope="session", loop_scope="session")
REMEDY = (
    "apt install chromium-headless-shell, "
    "or .venv/bin/playwright install chromium"
)
# The shell opens a page in less than half the time of the whole browser.
CHROMIUMS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The machinery's tests run no snippet in their process to be measured.

    A browser's are given their time without that of the site's build.
    """
    for item in items:
        parts = item.path.relative_to(TESTS).parts
        if {"guide", "site"} & {*parts}:
            item.add_marker("no_cover")
        if "site" in parts:
            item.add_marker(pytest.mark.timeout(240, func_only=True))


def chromium(playwright: Playwright) -> str:
    """Where Chromium is, or the end of the test."""
    candidates = [
        *map(shutil.which, CHROMIUMS),
        playwright.chromium.executable_path,
    ]
    found = [path for path in candidates if path and Path(path).exists()]
    if not found:
        give_up("chromium", REMEDY)
    return found[0]


@session_fixture
async def launch() -> AsyncIterator[Callable]:
    """Starts a browser that knows no server but the one at a port."""
    if is_hidden("chromium"):
        give_up("chromium", HIDDEN)
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        executable = chromium(playwright)

        async def launch(port: int) -> Browser:
            rules = f"MAP {HOST}:80 127.0.0.1:{port}, MAP * ~NOTFOUND"
            return await stack.enter_async_context(
                await playwright.chromium.launch(
                    executable_path=executable,
                    args=[
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-background-networking",
                        f"--host-resolver-rules={rules}",
                    ],
                )
            )

        yield launch


@pytest.fixture(scope="session")
def site(
    launch, tmp_path_factory: pytest.TempPathFactory, pytestconfig
) -> Path:
    """The whole site, built once for all workers, from made-up reports."""
    folder = common_folder(pytestconfig, tmp_path_factory) / "guide-site"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = folder.with_suffix(".new")
            reports = folder.with_suffix(".reports")
            for left_over in (unfinished, reports):
                shutil.rmtree(left_over, ignore_errors=True)
            pretend(reports)
            build(unfinished, reports)
            unfinished.rename(folder)
    return folder


@pytest.fixture(scope="session")
def port(site: Path) -> Iterator[int]:
    with serve(site) as port:
        yield port


@session_fixture
async def browser(launch, port: int) -> Browser:
    return await launch(port)


@session_fixture
async def shared_page(browser: Browser) -> Page:
    """One page for all that only looks."""
    return await looking_page(browser)


@session_fixture
async def walking_page(browser: Browser) -> Page:
    """One page for all that goes from link to link."""
    page = await looking_page(browser)
    await visit(page, "/")
    return page


@pytest_asyncio.fixture(loop_scope="session")
async def new_page(browser: Browser) -> AsyncIterator[Callable]:
    """Opens pages in contexts of their own, closed after the test."""
    async with AsyncExitStack() as stack:

        async def new_page(**options) -> Page:
            context = await stack.enter_async_context(
                await browser.new_context(**options)
            )
            return await prepared_page(context)

        yield new_page


@session_fixture
async def page_of(launch, tmp_path_factory) -> AsyncIterator[Callable]:
    """Builds small sites in the guide's theme and opens a page on them."""
    async with AsyncExitStack() as stack:

        async def page_of(pages: dict[str, str]) -> Page:
            folder = build_pages(tmp_path_factory.mktemp("small"), pages)
            port = stack.enter_context(serve(folder))
            return await looking_page(await launch(port))

        yield page_of


async def looking_page(browser: Browser) -> Page:
    return await prepared_page(
        await browser.new_context(reduced_motion="reduce")
    )


async def prepared_page(context: BrowserContext) -> Page:
    context.set_default_timeout(60_000)
    return await context.new_page()
