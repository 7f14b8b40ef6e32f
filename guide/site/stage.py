"""What MkDocs builds from: the written pages and the generated ones, put into
one folder, so that ``docs/`` holds what somebody wrote and nothing else.
"""

import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from tomllib import TOMLDecodeError

from guide.decide import outcomes
from guide.decide.flow import FlowError
from guide.layout import FLOW, GENERATED, OUTCOMES, REFERENCE, ROOT
from guide.site import diagrams, parcels, reference, search
from guide.snippets.source import UnknownSnippetError

STAGED = Path("build/docs")
MERMAID = Path("assets/vendor/mermaid.js")


class SiteError(Exception):
    """One sentence for the reader that says what to do."""


def stage(folder: Path, root: Path = ROOT) -> None:
    """Make ``folder`` hold all that the site is built from, and no more.

    Raises:
        SiteError: the decision flow is not sound, or a diagram is none.
    """
    try:
        generated = dict(generate(root))
        diagrams.prepare(root)
    except (FlowError, UnknownSnippetError, TOMLDecodeError) as error:
        raise SiteError(f"{FLOW}: {error}") from error
    except diagrams.DiagramError as error:
        raise SiteError(str(error)) from error
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(root / "docs", folder)
    for left in GENERATED:
        shutil.rmtree(folder / left.relative_to("docs"), ignore_errors=True)
    for path, content in generated.items():
        target = folder / path.relative_to("docs")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(
            content if isinstance(content, bytes) else content.encode()
        )
    if diagrams.is_live():
        # The live renderer of `make serve`, from its wheel.
        (folder / MERMAID).parent.mkdir(parents=True, exist_ok=True)
        engine = files("mermaidx") / "assets" / "mermaid.js"
        (folder / MERMAID).write_bytes(engine.read_bytes())


def generate(root: Path) -> Iterator[tuple[Path, str | bytes]]:
    """Where below the root each generated file would stand, and its content."""
    made = dict(outcomes.files(root))
    for path, text in reference.files(root):
        yield REFERENCE / path, text
    yield from parcels.files(root)
    for path, content in made.items():
        yield OUTCOMES / path, content
    pages = {
        path: text
        for path, text in made.items()
        if isinstance(text, str) and path.suffix == ".md"
    }
    yield search.INDEX, search.index(pages, root)
