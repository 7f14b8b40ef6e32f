"""Where pages show snippets."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from guide.layout import FLOW, GENERATED, ROOT

QUOTED = re.compile(r'"([\w./]+(?::[\w.]+)?)"')
DIRECTIVE = re.compile(
    r"^(?P<indent>[ \t]*)::: snippet (?P<reference>\S+)[ \t]*$"
)
BENCH = re.compile(r"^(?P<indent>[ \t]*)::: bench (?P<reference>\S+)[ \t]*$")
FENCE = re.compile(r"^\s*(?P<mark>`{3,}|~{3,})(?P<info>.*)$")


@dataclass(frozen=True)
class Shown:
    """One snippet, or bench, that a line of a page or of the flow asks for."""

    page: Path
    line: int
    reference: str


def pages(root: Path = ROOT) -> Iterator[Path]:
    """Every written page, relative to ``root``."""
    for path in sorted((root / "docs").rglob("*.md")):
        page = path.relative_to(root)
        if not any(page.is_relative_to(folder) for folder in GENERATED):
            yield page


def shown(root: Path = ROOT) -> Iterator[Shown]:
    """Every snippet that a page shows, in page and line order."""
    for page in pages(root):
        for number, line in outside_fences((root / page).read_text()):
            if match := DIRECTIVE.match(line):
                yield Shown(page, number, match["reference"])
    if (root / FLOW).exists():
        yield from _in_flow((root / FLOW).read_text())


def shown_benches(root: Path = ROOT) -> Iterator[Shown]:
    """Every bench that a page names, in page and line order."""
    for page in pages(root):
        for number, line in outside_fences((root / page).read_text()):
            if match := BENCH.match(line):
                yield Shown(page, number, match["reference"])


def _in_flow(text: str) -> Iterator[Shown]:
    """Every snippet that an outcome shows, where the flow names it."""
    data = tomllib.loads(text)
    named = {
        reference
        for pattern in data.get("patterns", {}).values()
        for answers in [
            {"": {"": pattern.get("snippets", [])}},
            pattern.get("snippets_if", {}),
        ]
        for by_answer in answers.values()
        for references in by_answer.values()
        for reference in references
    }
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.lstrip().startswith("#"):
            for reference in QUOTED.findall(line):
                if reference in named:
                    yield Shown(FLOW, number, reference)


def anchor(path: Path) -> str:
    """The id under which a page shows ``path`` for the first time."""
    return ".".join(path.parts[1:]).removesuffix(".py")


def title(page: Path, root: Path = ROOT) -> str:
    """The page's title, from its front matter."""
    text = (root / page).read_text()
    found = re.search(r"^title: (.+)$", text, re.MULTILINE)
    return found[1].strip('"') if found else page.stem


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
