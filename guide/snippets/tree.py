"""``::: tree FOLDER``: a folder of snippets as a nested list, each entry with
what it says of itself, so that the drawing cannot differ from the folder.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from guide.layout import ROOT, SNIPPETS, module_name
from guide.snippets.source import UnknownSnippetError

DIRECTIVE = re.compile(r"^::: tree (?P<folder>\S+)\s*$")


def lines(folder: str, root: Path = ROOT) -> Iterator[str]:
    """The Markdown of ``snippets/folder``: folders first, then files.

    Raises:
        UnknownSnippetError: there is no such folder.
    """
    path = SNIPPETS / folder
    inside = (root / path).resolve().is_relative_to(root / SNIPPETS)
    if not (inside and (root / path).is_dir()):
        raise UnknownSnippetError(f"no folder {path}")
    yield ""
    yield from _entry(path, root, depth=0)
    yield ""


def _entry(path: Path, root: Path, depth: int) -> Iterator[str]:
    folder = (root / path).is_dir()
    name = f"`{path.name}/`" if folder else f"`{path.name}`"
    if path.suffix == ".py":
        source = f"source-{module_name(path)}"
        name = f'<autoref identifier="{source}">{name}</autoref>'
    says = summary(root / path / "__init__.py" if folder else root / path)
    yield f"{'    ' * depth}- {name} {says}".rstrip()
    if folder:
        entries = sorted(
            (root / path).iterdir(),
            key=lambda entry: (entry.is_file(), entry.name),
        )
        for entry in entries:
            if not entry.name.startswith((".", "__")):
                yield from _entry(entry.relative_to(root), root, depth + 1)


def summary(path: Path) -> str:
    """First line of a module's docstring, or of another file's comment."""
    if not path.exists():
        return ""
    text = path.read_text()
    if path.suffix == ".py":
        docstring = ast.get_docstring(ast.parse(text)) or ""
        return docstring.partition("\n")[0]
    comment = re.search(r"^# (.+)$", text, re.MULTILINE)
    return comment[1] if comment else ""
