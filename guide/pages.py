"""Where pages show snippets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from guide.excerpts import ROOT

DIRECTIVE = re.compile(
    r"^(?P<indent>[ \t]*)::: snippet (?P<reference>\S+)[ \t]*$"
)
FENCE = re.compile(r"^\s*(?P<mark>`{3,}|~{3,})(?P<info>.*)$")


@dataclass(frozen=True)
class Shown:
    """One ``::: snippet`` line of a page."""

    page: Path
    line: int
    reference: str


def pages(root: Path = ROOT) -> Iterator[Path]:
    """Every hand-written page, relative to ``root``."""
    for path in sorted((root / "docs").rglob("*.md")):
        page = path.relative_to(root)
        if page.parts[:2] != ("docs", "reference"):
            yield page


def shown(root: Path = ROOT) -> Iterator[Shown]:
    """Every snippet that a page shows, in page and line order."""
    for page in pages(root):
        for number, line in outside_fences((root / page).read_text()):
            if match := DIRECTIVE.match(line):
                yield Shown(page, number, match["reference"])


def anchor(path: Path) -> str:
    """The id under which a page shows ``path`` for the first time."""
    return ".".join(path.parts[1:]).removesuffix(".py")


def title(page: Path, root: Path = ROOT) -> str:
    """The page's title, from its front matter."""
    text = (root / page).read_text()
    found = re.search(r"^title: (.+)$", text, re.MULTILINE)
    return found[1] if found else page.stem


def outside_fences(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines (from 1) that are not inside a fenced block."""
    closing = ""
    for number, line in enumerate(text.splitlines(), start=1):
        fence = FENCE.match(line)
        if closing:
            if (
                fence
                and fence["mark"].startswith(closing)
                and not fence["info"].strip()
            ):
                closing = ""
        elif fence:
            closing = fence["mark"]
        else:
            yield number, line
