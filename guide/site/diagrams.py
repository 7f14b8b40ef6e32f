"""Diagrams: Mermaid source becomes inline SVG when the site is built.

The engine is that of the mermaidx wheel. What it draws is kept by content in
``build/diagrams``; colours come from the page's stylesheet, so a drawing
follows the palette. Under ``make serve`` mermaid2 draws in the browser instead.
"""

import hashlib
import os
import re
import textwrap
from collections.abc import Iterator
from html import escape
from pathlib import Path
from xml.etree import ElementTree as ET

from mermaidx import (  # type: ignore[import-untyped]  # ships no types
    render_many,
)
from pymdownx.superfences import (  # type: ignore[import-untyped]  # no types
    SuperFencesException,
)

from guide.layout import ROOT
from guide.snippets.shown import pages

LIVE = "LIVE_DIAGRAMS"  # set by `make serve`; mkdocs.yml reads it too
CACHE = Path("build/diagrams")
FORMAT = "3"  # raise it when `compact` changes: kept drawings are made anew
FENCE = re.compile(
    r"^(?P<indent> *)```mermaid\n(?P<source>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
NUMBER = re.compile(r"-?\d+\.\d{2,}")
NODE = re.compile(r"my-svg-flowchart-(?P<id>.+)-\d+")
KEPT = {
    *("class", "d", "points", "transform", "viewBox", "x", "y", "dx", "dy"),
    *("x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "width", "height"),
    *("fill", "fill-rule", "clip-rule", "stroke", "stroke-width"),
    *("marker-start", "marker-end", "refX", "refY", "markerUnits"),
    *("markerWidth", "markerHeight", "orient", "href", "target"),
    *("text-anchor", "dominant-baseline", "style", "aria-labelledby"),
    *("aria-describedby",),
}
LEGIBLE = 0.75  # of its natural size, at which text of 16 px has 12


class DiagramError(SuperFencesException):  # type: ignore[misc]  # untyped
    """Mermaid does not understand a diagram."""


def is_live() -> bool:
    """Whether Mermaid draws in the browser."""
    return bool(os.environ.get(LIVE))


def fence_mermaid_custom(
    source: str,
    _language: str,
    _css_class: str,
    _options: dict[str, str],
    _md: object,
    **_settings: object,
) -> str:
    """Return what stands in place of a mermaid fence.

    The name matters: mkdocs-mermaid2-plugin knows a fence meant for Material
    by it. The plugin's own function of this name does not escape its source,
    so that a ``<br/>`` in a label never reaches Mermaid.
    """
    if is_live():
        return f'<pre class="mermaid"><code>{escape(source)}</code></pre>'
    return drawing(source)


def fence_drawing(source: str, *_: object, **__: object) -> str:
    """Of a ``drawing`` fence: drawn at build time under ``make serve`` too."""
    return drawing(source)


def drawing(source: str, root: Path = ROOT) -> str:
    """The HTML of one diagram.

    Raises:
        DiagramError: the source is no Mermaid.
    """
    (svg,) = drawings([source], root)
    return f'<div class="diagram">{svg}</div>'


def drawings(sources: list[str], root: Path = ROOT) -> list[str]:
    """An SVG for each source; what an earlier build drew comes from its file.

    Raises:
        DiagramError: one of them is no Mermaid.
    """
    kept = [root / CACHE / f"{_key(source)}.svg" for source in sources]
    new = {
        path: source
        for path, source in zip(kept, sources, strict=True)
        if not path.exists()
    }
    try:
        drawn = [each.svg() for each in render_many([*new.values()])]
    except RuntimeError as error:  # what mermaidx raises
        raise DiagramError(str(error)) from error
    for path, svg in zip(new, drawn, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(f".{os.getpid()}")
        aside.write_text(compact(svg, f"d{path.stem[:8]}"))
        aside.rename(path)
    return [path.read_text() for path in kept]


def prepare(root: Path = ROOT) -> None:
    """Draw all diagrams of hand-written pages, on all processors.

    Raises:
        DiagramError: one is no Mermaid; names page and line.
    """
    fences = {
        f"{page}:{line}": source
        for page in pages(root)
        for line, source in fenced((root / page).read_text())
    }
    try:
        drawings([*fences.values()], root)
    except DiagramError:
        for place, source in fences.items():
            try:
                drawings([source], root)
            except DiagramError as error:
                raise DiagramError(f"{place}: {error}") from error
        raise


def fenced(text: str) -> Iterator[tuple[int, str]]:
    """Line number and source of each mermaid fence."""
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield line, textwrap.dedent(match["source"])


def compact(svg: str, name: str) -> str:
    """Mermaid's SVG without style, unused parts and notes of its own.

    ``name`` makes its ids unique on the page. Tags lose their namespaces, as
    HTML wants them.
    """
    root = ET.fromstring(svg)  # noqa: S314 - mermaidx made it, from our pages
    used = set(re.findall(r"url\(#([^)]+)\)", svg))
    used |= set(re.findall(r'href="#([^"]+)"', svg))
    _prune(root, used)
    _simplify(root, used)
    _, _, width, _ = (float(size) for size in root.attrib["viewBox"].split())
    root.attrib["style"] = (
        f"max-width:{width:.0f}px;min-width:{width * LEGIBLE:.0f}px"
    )
    root.attrib["role"] = "group" if root.find(".//a") is not None else "img"
    html: str = ET.tostring(root, encoding="unicode", method="html")
    html = re.sub(r"</?p>", "", html)  # a paragraph has no place in a label
    return html.replace("my-svg", name).replace("\n", " ")


def _prune(element: ET.Element, used: set[str]) -> None:
    """Drop styles, and markers and symbols that nothing refers to."""
    for child in list(element):
        tag = _local(child.tag)
        unused = tag in {"marker", "symbol"} and child.get("id") not in used
        if tag == "style" or unused:
            element.remove(child)
            continue
        _prune(child, used)
        if tag in {"g", "defs"} and not (len(child) or child.attrib):
            element.remove(child)


def _simplify(element: ET.Element, used: set[str]) -> None:
    """Keep what a drawing needs; a node is known by ``data-node``, an edge
    that has a name by ``data-id``.
    """
    element.tag = _local(element.tag)
    given = {_local(key): value for key, value in element.attrib.items()}
    element.attrib.clear()
    for name, text in given.items():
        value = text.strip("; ") if name in KEPT else ""
        if name == "class":
            value = " ".join(dict.fromkeys(value.split()))
        elif name not in {"href", "style"}:
            value = NUMBER.sub(_rounded, value)
        if value:
            element.set(name, value)
    if element.tag == "circle":  # Mermaid gives it what HTML does not allow
        element.attrib.pop("width", None)
        element.attrib.pop("height", None)
    if element.tag == "a" and "href" in given:
        # Material's instant navigation sets `href`, which SVG does not allow.
        element.set("xlink:href", element.attrib.pop("href"))
    if given.get("id") in used or element.tag in {"title", "desc"}:
        element.set("id", given["id"])
    if match := NODE.fullmatch(given.get("id", "")):
        element.set("data-node", match["id"])
    if element.tag == "path" and "data-id" in given:
        element.set("data-id", given["data-id"])
    for child in element:
        _simplify(child, used)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.1f}".removesuffix(".0")


def _key(source: str) -> str:
    return hashlib.sha256(f"{FORMAT}\n{source}".encode()).hexdigest()[:24]
