"""What can be wrong with a page, found by looking at it in a browser."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from playwright.async_api import Page, Request, Response

from tests.site.server import AXE_PATH
from tests.site.site import ADDRESS, HOST

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
A4 = {"width": 680, "height": 960}  # less the margins, at 96 dots an inch

Palette = Literal["light", "dark"]
SCHEMES: dict[Palette, str] = {
    "light": "body[data-md-color-scheme=default]",
    "dark": "body[data-md-color-scheme=slate]",
}

SETTLED = 'document.readyState === "complete"'
CLICK_LINK = """
(path) => {
  const link = Object.assign(document.createElement("a"), { href: path });
  document.querySelector("article").append(link);
  link.click();
}
"""
ARRIVED = """
(path) => location.pathname === path
  && document.querySelector("[rel=canonical]").href === location.origin + path
"""
DIAGRAMS = """
() => [...document.querySelectorAll(".diagram svg")].map((svg) => {
  const text = (name) => document.getElementById(
    svg.getAttribute(name))?.textContent.trim();
  const { width, height } = svg.getBoundingClientRect();
  const scale = width / svg.viewBox.baseVal.width;
  const labels = [...svg.querySelectorAll("text, span")];
  return {
    box: Math.min(width, height),
    shapes: svg.querySelectorAll("path, rect, polygon").length,
    smallest: Math.min(...labels.map(
      (e) => scale * parseFloat(getComputedStyle(e).fontSize))),
    title: text("aria-labelledby"), description: text("aria-describedby"),
  };
})
"""
SMALLEST_LABEL = 11  # px
# Every way in which the page writes: colour, size and weight on which surface.
MARK_NEW_LOOKS = """
(known) => {
  for (const element of document.querySelectorAll("[data-new-look]"))
    element.removeAttribute("data-new-look");
  const surface = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(e);
      layers.push(backgroundColor, backgroundImage, opacity);
      if (/^rgb\\(/.test(backgroundColor)) break;
    }
    return layers.join();
  };
  const knownLooks = new Set(known);
  const newLooks = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const look = [color, fontSize, fontWeight, surface(element)].join("; ");
    if (knownLooks.has(look)) continue;
    newLooks.add(look);
    element.dataset.newLook = "";
  }
  return [...newLooks];
}
"""
# A long listing has thousands of tokens. Leave one of each kind on each surface
# and its text of every other: it looks the same to axe, in a tenth of the time.
ONE_OF_EACH_KIND = """
() => {
  const seen = new Set();
  for (const code of document.querySelectorAll("pre > code")) {
    const surface = getComputedStyle(code).backgroundColor;
    for (const token of code.querySelectorAll("span[class]")) {
      const { className, parentElement, style } = token;
      const kind = [surface, parentElement.className, className, style.cssText];
      if (seen.has(kind.join())) token.replaceWith(...token.childNodes);
      else seen.add(kind.join());
    }
    code.normalize();
  }
}
"""
# Material makes code that scrolls focusable when its observers have seen it.
RESIZED = """
() => new Promise((resolve) => {
  let frames = 3;
  const next = () => (frames-- ? requestAnimationFrame(next) : resolve());
  next();
})
"""
SIDEWAYS = """
() => {
  const wide = document.documentElement.scrollWidth;
  if (wide <= innerWidth) return [];
  const culprits = [...document.querySelectorAll("article *")].filter(
    (e) => e.getBoundingClientRect().right > innerWidth + 1);
  return [`${wide} px wide: ` + culprits.slice(0, 3).map(
    (e) => e.outerHTML.slice(0, 80)).join(" … ")];
}
"""
UNPRINTABLE = """
() => {
  const found = [];
  const chrome = ".md-header, .md-tabs, .md-sidebar, .md-footer__inner," +
    "button, .headerlink, .search-open, .md-content__button";
  for (const e of document.querySelectorAll(chrome))
    if (e.checkVisibility()) found.push(`shows ${e.className || e.tagName}`);
  for (const e of document.querySelectorAll("pre, pre > code, table"))
    if (e.scrollWidth > e.clientWidth + 1 && e.checkVisibility())
      found.push(`cuts off ${e.textContent.trim().slice(0, 60)}`);
  const light = (color) => Math.min(...color.match(/\\d+/g)) > 200;
  for (const e of document.querySelectorAll("body, pre > code")) {
    const color = getComputedStyle(e).backgroundColor;
    if (!/, 0\\)/.test(color) && !light(color))
      found.push(`prints ${e.tagName} on ${color}`);
  }
  return [...new Set(found)];
}
"""


@asynccontextmanager
async def overhearing(page: Page, problems: list[str]) -> AsyncIterator[None]:
    """Add what goes wrong behind the page while the block runs."""

    def on_request(request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in {"data", "blob"} and url.hostname != HOST:
            problems.append(f"request to {url.hostname}: {request.url}")

    def on_response(response: Response) -> None:
        if response.status >= 400:
            problems.append(f"{response.status} for {response.url}")

    def on_console(message) -> None:
        if message.type in {"error", "warning"}:
            problems.append(f"console: {message.text}")

    def on_error(error) -> None:
        problems.append(f"script: {error}")

    listeners = {
        "request": on_request,
        "response": on_response,
        "console": on_console,
        "pageerror": on_error,
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    try:
        yield
    finally:
        for event, listener in listeners.items():
            page.remove_listener(event, listener)


async def hold_time(page: Page) -> None:
    """Let no timer of the page fire from here on, but by ``page.clock``."""
    await page.clock.install()
    await page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))


async def visit(page: Page, path: str) -> None:
    """Open a page in light colours and wait until its diagrams have settled."""
    await page.emulate_media(media="screen", color_scheme="light")
    await open_page(page, path)


async def open_page(page: Page, path: str) -> None:
    """By its address."""
    await page.set_viewport_size(DESKTOP)
    await page.goto(ADDRESS + path)
    await page.wait_for_function(SETTLED)


async def follow(page: Page, path: str) -> None:
    """By a link, which changes the page without loading it anew."""
    await page.set_viewport_size(DESKTOP)
    await page.evaluate(CLICK_LINK, path)
    await arrive(page, path)


async def arrive(page: Page, path: str) -> None:
    await page.wait_for_function(ARRIVED, arg=path)
    await page.wait_for_function(SETTLED)


async def inspect(
    page: Page, path: str, come: Callable[..., Awaitable[None]] = open_page
) -> list[str]:
    """Everything wrong with one page, each as a sentence; empty if none."""
    problems: list[str] = []
    async with overhearing(page, problems):
        await come(page, path)
        problems += await diagram_problems(page)
        await page.evaluate(ONE_OF_EACH_KIND)
        await add_axe(page)
        await page.evaluate(RESIZED)
        problems += await axe_problems(page, "desktop")
        for palette in await palettes(page):
            await page.emulate_media(color_scheme=palette)
            await page.wait_for_selector(SCHEMES[palette])
            problems += await contrast_problems(page, palette)
            if palette == "dark":
                problems += await print_problems(page)
        await page.set_viewport_size(PHONE)
        await page.evaluate(RESIZED)
        problems += await page.evaluate(SIDEWAYS)
        problems += await axe_problems(
            page, "phone", ["scrollable-region-focusable"]
        )
    return problems


async def add_axe(page: Page) -> None:
    if not await page.evaluate("'axe' in window"):
        await page.add_script_tag(url=AXE_PATH)


async def palettes(page: Page) -> list[Palette]:
    """Both, beginning with the one shown: to change takes time."""
    shows_dark = await page.query_selector(SCHEMES["dark"])
    return ["dark", "light"] if shows_dark else ["light", "dark"]


async def print_problems(page: Page) -> list[str]:
    await page.set_viewport_size(A4)
    await page.emulate_media(media="print")
    found = await page.evaluate(UNPRINTABLE)
    await page.emulate_media(media="screen")
    await page.set_viewport_size(DESKTOP)
    return found


READABLE: dict[Palette, set[str]] = {"dark": set(), "light": set()}


async def contrast_problems(page: Page, palette: Palette) -> list[str]:
    """What is hard to read, asking axe only about looks that are new."""
    looks = await page.evaluate(MARK_NEW_LOOKS, [*READABLE[palette]])
    part = "[data-new-look]"
    if not await page.query_selector(part):
        return []
    problems = await axe_problems(page, palette, ["color-contrast"], part)
    if not problems:
        READABLE[palette].update(looks)
    return problems


async def diagram_problems(page: Page) -> list[str]:
    """Diagrams that are empty, hard to read or without a text alternative."""
    problems = []
    for diagram in await page.evaluate(DIAGRAMS):
        if diagram["box"] < 40 or diagram["shapes"] < 2:
            problems.append(f"an empty diagram: {diagram}")
        if not diagram["title"] or not diagram["description"]:
            problems.append(f"a diagram without accTitle, accDescr: {diagram}")
        if diagram["smallest"] < SMALLEST_LABEL:
            problems.append(f"a diagram of small print: {diagram}")
    return problems


async def axe_problems(
    page: Page,
    where: str,
    rules: list[str] | None = None,
    part: str = "html",
) -> list[str]:
    """What axe finds by these rules, or by all but that on contrast."""
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    else:
        options["rules"] = {"color-contrast": {"enabled": False}}
    found = await page.evaluate(
        "([part, options]) => axe.run(part, options)", [part, options]
    )
    return [
        f"{where}: {violation['id']}: {node['html'][:120]}: "
        + re.sub(r"\s+", " ", node["failureSummary"])
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
