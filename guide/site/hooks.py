"""MkDocs hooks: stage before each build; look at what is staged from.

Without them, as under Zensical, ``python -m guide.site stage`` comes first.
"""

from collections.abc import Iterable
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import BuildError
from mkdocs.livereload import LiveReloadServer
from mkdocs.structure import StructureItem
from mkdocs.structure.files import Files
from mkdocs.structure.nav import Navigation, Section
from mkdocs.structure.pages import Page

from guide.layout import REFERENCE, ROOT
from guide.site.stage import SiteError, stage

SOURCES = ("docs", "snippets", "tests/snippets", "tests/shop")


def on_pre_build(config: MkDocsConfig) -> None:
    try:
        stage(Path(config.docs_dir))
    except SiteError as error:
        raise BuildError(str(error)) from error


def on_nav(nav: Navigation, files: Files, **_: object) -> None:
    """A reference page has the sidebar of its topic, and is in no menu."""
    sections = topics(nav.items)
    for file in files.documentation_pages():
        path = Path("docs", file.src_uri)
        if REFERENCE in path.parents[1:] and file.page:
            topic = path.relative_to(REFERENCE).parts[0].replace("_", "-")
            file.page.parent = sections.get(topic)


def topics(items: Iterable[StructureItem]) -> dict[str, Section]:
    """The menu's section of each topic, by the folder of its pages."""
    found: dict[str, Section] = {}
    for section in items:
        if isinstance(section, Section):
            found |= topics(section.children)
            first = section.children[0]
            if isinstance(first, Page):
                found[Path(first.file.src_uri).parent.name] = section
    return found


def on_serve(
    server: LiveReloadServer, config: MkDocsConfig, **_: object
) -> None:
    """Watch the folders there are, each for itself.

    Not with those below: a test run compiles into ``__pycache__``, and MkDocs
    would build anew for each module, and keep a reader waiting meanwhile.
    """
    server.unwatch(config.docs_dir)
    for source in SOURCES:
        for folder in (ROOT / source, *(ROOT / source).rglob("*")):
            if folder.is_dir() and folder.name != "__pycache__":
                server.watch(str(folder), recursive=False)
