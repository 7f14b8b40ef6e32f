"""What a page may weigh: bytes over the wire, requests, elements, shifts."""

import gzip
import re
from functools import cache
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from tests.site.inspection import DESKTOP, PHONE, SETTLED
from tests.site.site import ADDRESS, address

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIRST_VISIT = 100_000  # bytes, all in all
NEXT_PAGE = 35_000
PATTERN_PAGE = 25_000
REQUESTS = 10
ELEMENTS = 5_000
SHIFT = 0.01

TAG = re.compile(r"<[a-z][^>]*>")
LOADED = re.compile(
    r'<script[^>]* src="(?P<script>[^"]+)"'
    r'|<link rel="(?:stylesheet|icon)" href="(?P<link>[^"]+)"'
    r'|<(?:img|source|iframe|embed)[^>]* src="(?P<image>[^"]+)"'
)
BLOCKING = re.compile(r"<script(?![^>]* defer)[^>]* src=")
ONE_OF_EACH_KIND = [
    "/",
    "/decide/",
    "/decide/outcomes/complex-domain_cross-service_real-time/",
    "/topics/event-driven/",
    "/topics/event-driven/saga/",
    "/reference/event_driven/saga/",
    "/evidence/",
]
COUNT_SHIFTS = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
PAINTED = """
() => new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(() => done(window.shift))))
"""


@cache
def weight(path: Path) -> int:
    """Bytes of a file as a server sends it."""
    packed = path.suffix not in {".png", ".woff2"}
    content = path.read_bytes()
    return len(gzip.compress(content, 6) if packed else content)


def pages(site: Path) -> dict[str, str]:
    return {
        address(path.relative_to(site).with_suffix(".md")): path.read_text()
        for path in sorted(site.rglob("index.html"))
    }


def loaded(page: str, html: str) -> set[str]:
    """Addresses of what a page loads by itself."""
    named = {
        next(filter(None, found.groups())) for found in LOADED.finditer(html)
    }
    if "navigation.instant" in html:
        named.add("/sitemap.xml")
    return {urljoin(ADDRESS + page, url) for url in named}


def too_heavy(site: Path, page: str, html: str, known: set[str]) -> list[str]:
    """What is over budget, each as a sentence; ``known`` is in the cache."""
    files = loaded(page, html)
    sizes = {
        url: weight(site / urlsplit(url).path.lstrip("/"))
        for url in files
        if url.startswith(ADDRESS)
    }
    own = weight(site / page.strip("/") / "index.html")
    first_visit = own + sum(sizes.values())
    next_page = own + sum(sizes[url] for url in sizes.keys() - known)
    pattern = page.startswith("/topics/")
    return [
        sentence
        for sentence, is_so in {
            f"{page} loads {files - sizes.keys()}": files - sizes.keys(),
            f"{page}: {first_visit} bytes at first": first_visit > FIRST_VISIT,
            f"{page}: {next_page} bytes": next_page > NEXT_PAGE,
            f"{page} is {own} bytes": pattern and own > PATTERN_PAGE,
            f"{page}: {len(files) + 1} requests": len(files) >= REQUESTS,
            f"{page} waits for a script": BLOCKING.search(html),
            f"{page}: {len(TAG.findall(html))} elements": (
                len(TAG.findall(html)) > ELEMENTS
            ),
        }.items()
        if is_so
    ]


async def test_no_page_is_over_budget(site: Path):
    all_pages = pages(site)
    known = loaded("/", all_pages["/"])
    assert len(all_pages) > 200
    assert [
        problem
        for page, html in all_pages.items()
        for problem in too_heavy(site, page, html, known)
    ] == []


@pytest.mark.parametrize("path", ONE_OF_EACH_KIND)
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_first_visit_loads_what_the_page_names_and_stands_still(
    site, new_page, path, size
):
    page = await new_page(viewport=size)
    await page.add_init_script(COUNT_SHIFTS)
    requested: set[str] = set()
    page.on("request", lambda request: requested.add(request.url))
    async with page.expect_request("**/sitemap.xml"):  # the last of all
        await page.goto(ADDRESS + path)
    await page.wait_for_function(SETTLED)
    assert await page.evaluate(PAINTED) <= SHIFT
    assert requested == {ADDRESS + path, *loaded(path, pages(site)[path])}


@pytest.mark.parametrize(
    ("addition", "complaint"),
    [
        ('<script defer src="https://cdn.test/a.js"></script>', "loads"),
        ('<script src="assets/big.js"></script>', "waits for a script"),
        ('<script defer src="assets/big.js"></script>', "bytes at first"),
        ('<img src="assets/new.png">', ": 35"),
        ("<b></b>" * 5001, "elements"),
        ("".join(f'<img src="assets/{n}.png">' for n in range(10)), "requests"),
    ],
)
async def test_what_is_over_budget_is_named(tmp_path, addition, complaint):
    names = ["big.js", "new.png", *(f"{n}.png" for n in range(10))]
    (tmp_path / "assets").mkdir()
    for name in names:
        (tmp_path / "assets" / name).write_bytes(b"")
    noise = bytes(range(256)) * 140
    (tmp_path / "assets/new.png").write_bytes(noise)
    script = "".join(f"{n * n * 7919 % 99991:x}" for n in range(60_000))
    (tmp_path / "assets/big.js").write_text(script)
    (tmp_path / "index.html").write_text(f"<p>{addition}</p>")
    found = too_heavy(tmp_path, "/", f"<p>{addition}</p>", set())
    assert any(complaint in sentence for sentence in found), found
    assert too_heavy(tmp_path, "/", "<p></p>", set()) == []
