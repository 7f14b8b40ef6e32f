"""The search index: sections of pages, as they are written.

Made from Markdown, so that code is not in it. `docs/assets/js/search.js` loads
it when a reader first searches. What readers type and no page says in so many
words (other names, symptoms, error texts) stands under ``aliases`` in a page's
front matter.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mkdocs.utils.meta import get_data

from guide.layout import ROOT, modules
from guide.snippets.shown import outside_fences, pages
from guide.snippets.source import read

INDEX = Path("docs/assets/search.json")
HEADING = re.compile(r"^#{1,6} (?P<title>.*?)\s*\{\s*#(?P<id>[\w.-]+)[^}]*\}")
DIRECTIVE = re.compile(r"^\s*(:::|!!!|\?\?\?|<|\{|\|[-:| ]+\|$)")
LINK = re.compile(r"!?\[(?P<text>[^]]*)\](?:\([^)]*\)|\[[^]]*\])")
MARKUP = re.compile(r"\{[^}]*\}|<[^>]+>|[`*_|]{1,3}|^\s*(?:[-#>]|\d+\.)\s+")


@dataclass
class Section:
    """A heading, its anchor and the text below it, up to the next."""

    title: str
    anchor: str
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.lines).split())


@dataclass
class Entry:
    """One page as the search knows it; ``kind`` decides between equals."""

    url: str
    title: str
    kind: str
    aliases: list[str]
    sections: list[Section]

    def compact(self) -> dict[str, object]:
        return {
            "url": self.url,
            "title": self.title,
            "kind": self.kind,
            "aliases": self.aliases,
            "sections": [[s.title, s.anchor, s.text] for s in self.sections],
        }


def index(outcomes: Mapping[Path, str], root: Path = ROOT) -> str:
    """The whole index as JSON: pages, outcomes, modules of the reference.

    Those are given as pages that nobody wrote.
    """
    entries = [
        *entries_of_pages(root),
        *entries_of_outcomes(outcomes),
        *entries_of_modules(root),
    ]
    return json.dumps(
        [entry.compact() for entry in entries],
        ensure_ascii=False,
        separators=(",", ":"),
    )


def entries_of_pages(root: Path) -> Iterator[Entry]:
    for page in pages(root):
        text, meta = get_data((root / page).read_text())
        below = page.relative_to("docs").with_suffix("")
        address = below.parent if below.name == "index" else below
        sections = list(sections_of(text))
        if description := meta.get("description"):
            sections[0].lines.insert(0, str(description))
        yield Entry(
            url="" if address == Path() else f"{address.as_posix()}/",
            title=str(meta.get("title", "")),
            kind=kind(page),
            aliases=[str(alias) for alias in meta.get("aliases") or []],
            sections=sections,
        )


def kind(page: Path) -> str:
    """``pattern``, ``topic``, or the name of the folder a page lies in."""
    match page.parts[1:]:
        case ("topics", _, "index.md") | ("topics", _):
            return "topic"
        case ("topics", _, _):
            return "pattern"
        case (folder, *_, _):
            return folder
    return "home"


def entries_of_outcomes(pages: Mapping[Path, str]) -> Iterator[Entry]:
    for path, text in sorted(pages.items()):
        _, meta = get_data(text)
        yield Entry(
            url=f"decide/outcomes/{path.stem}/",
            title=str(meta["title"]),
            kind="outcome",
            aliases=[],
            sections=[Section("", "", [str(meta["description"])])],
        )


def entries_of_modules(root: Path) -> Iterator[Entry]:
    for path in modules(root):
        if path.stem.endswith("_broken"):
            continue
        below = path.with_suffix("").relative_to("snippets")
        first, _, _ = read(path, root).docstring.partition("\n")
        yield Entry(
            url=f"reference/{below.as_posix()}/",
            title=".".join(below.parts),
            kind="reference",
            aliases=[],
            sections=[Section(path.stem, "", [first])],
        )


def sections_of(text: str) -> Iterator[Section]:
    """The first section has what stands above the second heading."""
    section = Section("", "")
    for _, line in outside_fences(text):
        if heading := HEADING.match(line):
            if section.title or section.lines:
                yield section
            section = Section(plain(heading["title"]), heading["id"])
        elif not DIRECTIVE.match(line):
            section.lines.append(plain(line))
    yield section


def plain(markdown: str) -> str:
    return MARKUP.sub(" ", LINK.sub(r"\g<text>", markdown)).strip()
