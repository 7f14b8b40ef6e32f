"""What MkDocs builds from: the written pages and the generated ones, put into
one folder, so that ``docs/`` holds what somebody wrote and nothing else.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from tomllib import TOMLDecodeError

from guide.decide import outcomes
from guide.decide.flow import FlowError
from guide.layout import FLOW, GENERATED, OUTCOMES, RECORDS, REFERENCE, ROOT
from guide.site import diagrams, parcels, reference, search
from guide.site.parcels import HOME
from guide.snippets.source import UnknownSnippetError

DOCS = Path("docs")
MODULE = re.compile(r"^ *::: (?:snippet |snippets\.)([\w.]+)", re.MULTILINE)
BENCH = re.compile(r"^ *::: bench ([\w-]+)", re.MULTILINE)
STAGED = Path("build/docs")
MERMAID = Path("assets/vendor/mermaid.js")


class SiteError(Exception):
    """One sentence for the reader that says what to do."""


def stage(folder: Path, root: Path = ROOT) -> None:
    """Make ``folder`` hold all that the site is built from, and no more.

    What is as it was is left alone, so that MkDocs sees what has changed; a
    page changes with the modules that it shows, too.

    Raises:
        SiteError: the decision flow is not sound, or a diagram is none.
    """
    try:
        wanted = written(root) | dict(generate(root))
        diagrams.prepare(root)
    except (FlowError, UnknownSnippetError, TOMLDecodeError) as error:
        raise SiteError(f"{FLOW}: {error}") from error
    except diagrams.DiagramError as error:
        raise SiteError(str(error)) from error
    if diagrams.is_live():
        # The live renderer of `make serve`, from its wheel.
        engine = files("mermaidx") / "assets" / "mermaid.js"
        wanted[DOCS / MERMAID] = engine.read_bytes()
    targets = {folder / path.relative_to(DOCS): wanted[path] for path in wanted}
    for path in folder.rglob("*"):
        if path.is_file() and path not in targets:
            path.unlink()
    for path, content in targets.items():
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        elif path.suffix == ".md":
            shown = shown_by(content.decode(), root)
            changed = max((each.stat().st_mtime for each in shown), default=0)
            if changed > path.stat().st_mtime:
                path.touch()


def shown_by(page: str, root: Path) -> list[Path]:
    """The modules whose code or API a page shows, the records it plots."""
    paths = [
        *(
            (root / "snippets").joinpath(*name.split(".")).with_suffix(".py")
            for name in MODULE.findall(page)
        ),
        *(root / RECORDS / f"{name}.json" for name in BENCH.findall(page)),
    ]
    return [path for path in paths if path.exists()]


def written(root: Path) -> dict[Path, bytes]:
    """What somebody wrote, by its place below the root."""
    found = {
        path.relative_to(root): path
        for path in (root / DOCS).rglob("*")
        if path.is_file()
    }
    return {
        place: path.read_bytes()
        for place, path in found.items()
        if not {place, *place.parents} & set(GENERATED)
    }


def generate(root: Path) -> Iterator[tuple[Path, bytes]]:
    """Where below the root each generated file would stand, and its content."""
    made = packed(root, signature(root))
    yield from made.items()
    for path, text in reference.files(root):
        yield REFERENCE / path, text.encode()
    pages = {
        path.relative_to(OUTCOMES): content.decode()
        for path, content in made.items()
        if path.suffix == ".md"
    }
    yield search.INDEX, search.index(pages, root).encode()


@lru_cache(maxsize=1)
def packed(root: Path, _signature: frozenset[object]) -> dict[Path, bytes]:
    """The zips and the outcomes' pages, which take longest."""
    made = dict(parcels.files(root))
    for path, content in outcomes.files(root):
        made[OUTCOMES / path] = (
            content.encode() if isinstance(content, str) else content
        )
    return made


def signature(root: Path) -> frozenset[object]:
    """Changes with what the zips and the outcomes are made from.

    Under `make serve` with the flow alone: a writer does not wait for zips,
    which stay as they were in its first build.
    """
    code = () if diagrams.is_live() else ("snippets", "tests", "servers")
    return frozenset(
        (path, path.stat().st_mtime_ns)
        for source in (*code, FLOW.parent, HOME)
        for path in (root / source, *(root / source).rglob("*.*"))
        if path.is_file() and path.suffix != ".pyc"
    )
