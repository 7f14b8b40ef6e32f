"""Zips of what a page offers to copy: each module with its companions, and each
quick start of the home page. Like those of the outcomes, they bring the tests
along and pass them wherever they are unpacked.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from guide.decide.bundle import closure, mirrors, needs, pack, project
from guide.layout import REFERENCE, is_copyable, modules
from guide.snippets.shown import DIRECTIVE
from guide.snippets.source import copy_along, find, read
from guide.templates import environment

HOME = Path("docs/index.md")
QUICK_START = re.compile(
    r"^## (?P<title>[^{\n]+) \{ #(?P<id>quick-start[\w-]*) \}\n"
    r"(?P<text>.*?)(?=^## |\Z)",
    re.MULTILINE | re.DOTALL,
)


def files(root: Path) -> Iterator[tuple[Path, bytes]]:
    """Where below the root each zip would stand, and its content."""
    needs.cache_clear()
    for path in modules(root):
        if has_parcel(path):
            title = read(path, root).docstring.partition("\n")[0].rstrip(".")
            yield zip_of(path), parcel(path.stem, title, [path], root)
    for name, title, paths in quick_starts(root):
        yield Path("docs", f"{name}.zip"), parcel(name, title, paths, root)


def has_parcel(path: Path) -> bool:
    return path.suffix == ".py" and is_copyable(path)


def zip_of(path: Path) -> Path:
    """The zip of a module, beside its page in the reference."""
    return REFERENCE / Path(*path.with_suffix(".zip").parts[1:])


def quick_starts(root: Path) -> Iterator[tuple[str, str, list[Path]]]:
    """Name, title and shown modules of each."""
    for section in QUICK_START.finditer((root / HOME).read_text()):
        shown = filter(None, map(DIRECTIVE.match, section["text"].splitlines()))
        paths = {find(match["reference"], root).path for match in shown}
        yield section["id"], section["title"], sorted(paths)


def parcel(name: str, title: str, paths: list[Path], root: Path) -> bytes:
    """The zip of these modules."""
    along = {each for path in paths for each in copy_along(path, root)}
    tests = mirrors(paths, root)
    readme = TEMPLATES.get_template("zip.md").render(
        title=title, shown=listed(paths), along=listed(along - {*paths})
    )
    entries = project(closure([*paths, *along, *tests], root), readme, root)
    return _packed(name, tuple(sorted(entries.items())))


def listed(paths: Iterable[Path]) -> str:
    return ", ".join(f"`{path.as_posix()}`" for path in sorted(paths))


# Under `make serve` most zips are as they were before.
@lru_cache(maxsize=1024)
def _packed(name: str, entries: tuple[tuple[str, bytes], ...]) -> bytes:
    return pack(name, dict(entries))


TEMPLATES = environment(Path(__file__).with_name("templates"))
