"""Checks of the whole tree: ``python -m guide.checks`` prints what is amiss.

Each check yields one sentence a finding, led by the file (and line) to open.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from mkdocs.utils.meta import get_data

from guide.layout import ROOT, SHOP, is_of_shop, mirror_of, modules
from guide.snippets.shown import outside_fences, pages, shown
from guide.snippets.source import UnknownSnippetError, find

Check = Callable[[Path], Iterator[str]]
LONGEST_USAGE = 12  # lines
LONGEST_PAGE = 900  # words
SLUGS = Path("docs/contributing/slugs.txt")
EXCUSE = re.compile(r"#\s*(type: ignore|noqa)(\[[^]]*\]|:\s?[A-Z0-9, ]+)?\s*$")
HEADING = re.compile(r"^#{1,6} (?!.*\{ ?#[\w.-]+)")
LOCK_HOST = re.compile(r"https?://")


def unknown_references(root: Path) -> Iterator[str]:
    """A page names a file or symbol that is not there."""
    for item in shown(root):
        try:
            find(item.reference, root)
        except UnknownSnippetError as error:
            yield f"{item.page}:{item.line}: {error}"


def orphan_snippets(root: Path) -> Iterator[str]:
    """A snippet, or a file beside it, that no page shows.

    The reference has the modules of the shop; pages show the central ones.
    """
    on_pages = set()
    for item in shown(root):
        if item.page.suffix != ".md":
            continue  # the flow repeats what a topic's page shows
        try:
            on_pages.add(find(item.reference, root).path)
        except UnknownSnippetError:
            continue  # unknown_references reports it
    for path in sorted((root / "snippets").glob("*/**/*")):
        relative = path.relative_to(root)
        if (
            path.is_file()
            and path.name != "__init__.py"
            and "__pycache__" not in path.parts
            and relative not in on_pages
            and not (is_of_shop(relative) and path.suffix == ".py")
        ):
            yield f"{relative}: no page shows it"


def topic_pairs(root: Path) -> Iterator[str]:
    """A topic's pages without its package, or the other way round."""
    topics = root / "docs" / "topics"
    slugs = {
        path.parent.name.replace("-", "_") for path in topics.glob("*/*.md")
    }
    packages = {
        path.parent.name for path in root.glob("snippets/*/__init__.py")
    } - {SHOP.name}
    for name in sorted(slugs - packages):
        slug = name.replace("_", "-")
        yield f"docs/topics/{slug}: there is no package snippets/{name}"
    indexed = {
        path.parent.name.replace("-", "_") for path in topics.glob("*/index.md")
    }
    for name in sorted(packages - indexed):
        slug = name.replace("_", "-")
        yield f"snippets/{name}: there is no page docs/topics/{slug}/index.md"


def mirrored_tests(root: Path) -> Iterator[str]:
    """A module without its test file, a twin its test file never names, or a
    test file without what it tests: a module, a file or a folder.
    """
    mirrors = set()
    for path in modules(root):
        mirror = mirror_of(path, root)
        mirrors.add(mirror)
        if not (root / mirror).exists():
            yield f"{path}: there is no {mirror}"
        elif path.stem not in (root / mirror).read_text():
            yield f"{path}: {mirror} never names it"
    for path in sorted(root.glob("tests/snippets/**/test_*.py")):
        relative = path.relative_to(root)
        folder = root / Path(*relative.parts[1:-1])
        name = path.stem.removeprefix("test_")
        if (
            relative not in mirrors
            and not (folder / name).is_dir()
            and not any(folder.glob(f"{name}.*"))
        ):
            yield f"{relative}: it mirrors nothing"


def python_on_pages(root: Path) -> Iterator[str]:
    """Python that no test would run, or too long to be usage."""
    for page in pages(root):
        opened = 0
        lines = (root / page).read_text().splitlines()
        for number, line in enumerate(lines, start=1):
            fence = line.strip()
            if re.match(r"(`{3,}|~{3,})\s*\{", fence):
                yield f"{page}:{number}: write ```python, not an attribute list"
            if opened and re.fullmatch(r"`{3,}|~{3,}", fence):
                if number - opened - 1 > LONGEST_USAGE:
                    yield (
                        f"{page}:{opened}: more than {LONGEST_USAGE} lines: "
                        "make it a snippet"
                    )
                opened = 0
            elif re.match(r"(`{3,}|~{3,})\s*(python|py)\b", fence):
                opened = number


def heading_ids(root: Path) -> Iterator[str]:
    """A heading whose link would change with its words."""
    for page in pages(root):
        for number, line in outside_fences((root / page).read_text()):
            if HEADING.match(line):
                yield f"{page}:{number}: give the heading an id: {{ #name }}"


def excuses_without_reason(root: Path) -> Iterator[str]:
    """``type: ignore`` or ``noqa`` with no reason beside it."""
    for folder in ("snippets", "guide", "servers", "tests"):
        for path in sorted((root / folder).rglob("*.py")):
            lines = path.read_text().splitlines()
            for number, line in enumerate(lines, start=1):
                if EXCUSE.search(line):
                    yield (
                        f"{path.relative_to(root)}:{number}: "
                        "say the reason beside it"
                    )


def lock_names_no_host(root: Path) -> Iterator[str]:
    """The lock must install from whatever index its user has."""
    lines = (root / "requirements.lock").read_text().splitlines()
    for number, line in enumerate(lines, start=1):
        if LOCK_HOST.search(line):
            yield f"requirements.lock:{number}: names a host"


def published_pages(root: Path) -> Iterator[str]:
    """An address that was published and leads nowhere, or one not noted."""
    if not (root / SLUGS).exists():
        return
    noted = set((root / SLUGS).read_text().split())
    there = {
        page.relative_to("docs").with_suffix("").as_posix()
        for page in pages(root)
    }
    for slug in sorted(noted - there):
        yield f"docs/{slug}.md: published once, it must lead somewhere"
    for slug in sorted(there - noted):
        yield f"{SLUGS}: add {slug}, which is for ever"


def pages_of_patterns(root: Path) -> Iterator[str]:
    """A pattern's page that is too long, not described, or not in the menu."""
    for page in pages(root):
        if not page.match("docs/topics/*/*.md") or page.name == "index.md":
            continue
        menu = (root / "mkdocs.yml").read_text()
        text, meta = get_data((root / page).read_text())
        words = sum(len(line.split()) for _, line in outside_fences(text))
        if words > LONGEST_PAGE:
            yield f"{page}: {words} words; over {LONGEST_PAGE} it is two pages"
        for name in ("title", "description", "aliases"):
            if not meta.get(name):
                yield f"{page}: its front matter has no {name}"
        if page.relative_to("docs").as_posix() not in menu:
            yield f"{page}: mkdocs.yml does not list it"


def one_home_on_pages(root: Path) -> Iterator[str]:
    """A module that two patterns explain: one shows it, the other links."""
    shown_on: dict[Path, dict[Path, None]] = {}
    for item in shown(root):
        if item.page.match("docs/topics/*/*.md"):
            with suppress(UnknownSnippetError):  # unknown_references' finding
                path = find(item.reference, root).path
                shown_on.setdefault(path, {})[item.page] = None
    for path, found in shown_on.items():
        if len(found) > 1:
            names = " and ".join(map(str, found))
            yield f"{path}: explained on {names}"


CHECKS: tuple[Check, ...] = (
    unknown_references,
    orphan_snippets,
    topic_pairs,
    mirrored_tests,
    python_on_pages,
    heading_ids,
    excuses_without_reason,
    lock_names_no_host,
)


def main() -> int:
    findings = [finding for check in CHECKS for finding in check(ROOT)]
    for finding in findings:
        sys.stdout.write(f"{finding}\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
