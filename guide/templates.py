"""Generated Markdown: templates that a writer can edit, and their settings."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def environment(folder: Path, **names: object) -> Environment:
    """The templates of a folder; a line that holds a tag only leaves none.

    ``names`` are known in each of them; one that is not known is an error.
    """
    found = Environment(
        loader=FileSystemLoader(folder),
        autoescape=False,  # noqa: S701 - of Markdown, from our own texts
        keep_trailing_newline=True,
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    found.globals |= names
    return found
