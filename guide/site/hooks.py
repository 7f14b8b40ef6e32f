"""MkDocs hooks: stage before each build; look at what is staged from.

Without them, as under Zensical, ``python -m guide.site stage`` comes first.
"""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import BuildError
from mkdocs.livereload import LiveReloadServer

from guide.layout import ROOT
from guide.site.stage import SiteError, stage

SOURCES = ("docs", "snippets", "tests/snippets", "tests/shop")


def on_pre_build(config: MkDocsConfig) -> None:
    try:
        stage(Path(config.docs_dir))
    except SiteError as error:
        raise BuildError(str(error)) from error


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
