"""Find what a page shows: a module or one symbol of it, and what Copy gives.

A reference is ``topic.module:Symbol`` (or ``:Class.method``), ``topic.module``
for a whole module, or ``topic/file.ext`` for a file in another language.
"""

import ast
import re
import sys
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.metadata import packages_distributions
from pathlib import Path

from guide.layout import ROOT, SNIPPETS

DRIVER = re.compile(r"\w+\+(\w+):.*")  # of a database URL
PYTHON_REFERENCE = re.compile(r"\w+(\.\w+)+(:\w+(\.\w+)*)?")


class UnknownSnippetError(Exception):
    """No such file or symbol; the message names it."""


@dataclass(frozen=True)
class Excerpt:
    """Lines ``first`` to ``last`` (1-based, inclusive) of one file."""

    path: Path
    symbol: str | None
    first: int
    last: int
    text: str
    copied: str

    @property
    def is_python(self) -> bool:
        return self.path.suffix == ".py"

    @property
    def is_broken(self) -> bool:
        return self.path.stem.endswith("_broken")


def find(reference: str, root: Path = ROOT) -> Excerpt:
    """The excerpt a reference names.

    Raises:
        UnknownSnippetError: no such file, or no such symbol in it.
    """
    if not PYTHON_REFERENCE.fullmatch(reference):
        return _whole_file(SNIPPETS / reference, root)
    dotted, _, symbol = reference.partition(":")
    path = SNIPPETS / Path(*dotted.split(".")).with_suffix(".py")
    if not symbol:
        return _whole_file(path, root)
    source = read(path, root)
    names = symbol.split(".")
    node: ast.AST = source.tree
    for name in names:
        node = _child(node, name, path, symbol)
    first, last = source.span(node)
    return Excerpt(
        path,
        symbol,
        first,
        last,
        source.lines(first, last),
        source.self_contained(names[0]),
    )


def _whole_file(path: Path, root: Path) -> Excerpt:
    text = _text(path, root)
    return Excerpt(path, None, 1, len(text.splitlines()), text, text)


def _text(path: Path, root: Path) -> str:
    try:
        return (root / path).read_text()
    except OSError as error:
        raise UnknownSnippetError(f"no file {path}") from error


def _child(node: ast.AST, name: str, path: Path, symbol: str) -> ast.stmt:
    if isinstance(node, ast.Module | ast.ClassDef):
        for statement in node.body:
            if name in _defined(statement):
                return statement
    raise UnknownSnippetError(f"{path} has no {symbol}")


def read(path: Path, root: Path = ROOT) -> "Module":
    """The parsed module at ``path``, relative to ``root``."""
    return _parse(path, _text(path, root))


@lru_cache(maxsize=512)
def _parse(path: Path, text: str) -> "Module":
    return Module(path, text)


@dataclass(frozen=True)
class Module:
    """A Python file and what its statements define and use."""

    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=str(self.path))

    @cached_property
    def docstring(self) -> str:
        return ast.get_docstring(self.tree) or ""

    @cached_property
    def strings(self) -> frozenset[str]:
        """Every text in the module: names that a test runs or opens."""
        return frozenset(
            node.value
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )

    @cached_property
    def unimported(self) -> frozenset[str]:
        """Distributions that no import names: drivers of database URLs, and
        the time zones, which slim images and Windows do not have.
        """
        drivers = filter(None, map(DRIVER.fullmatch, self.strings))
        zones = {"tzdata"} if "zoneinfo" in self.imports else set()
        return frozenset({match[1] for match in drivers} | zones)

    @cached_property
    def absolute_imports(self) -> frozenset[str]:
        """Dotted names imported, each with the symbol where one is named."""
        names: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names |= {f"{node.module}.{item.name}" for item in node.names}
        return frozenset(names)

    @cached_property
    def siblings(self) -> tuple[Path, ...]:
        """The modules of the same topic that this one imports, by name."""
        found: set[Path] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                folder = self.path.parents[node.level - 1]
                names = (
                    [node.module]
                    if node.module
                    else [alias.name for alias in node.names]
                )
                found |= {
                    folder.joinpath(*name.split(".")).with_suffix(".py")
                    for name in names
                }
        return tuple(sorted(found))

    @cached_property
    def imports(self) -> frozenset[str]:
        """The modules this one imports by their full names."""
        names: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module or "")
        return frozenset(names)

    @cached_property
    def distributions(self) -> tuple[str, ...]:
        """The third-party distributions this module imports, by name."""
        roots = {name.partition(".")[0] for name in self.imports}
        owners = _owners()
        found = {
            owners[name][0]
            for name in roots - sys.stdlib_module_names
            if name in owners
        }
        return tuple(sorted(found, key=str.lower))

    def lines(self, first: int, last: int) -> str:
        return "".join(self.text.splitlines(keepends=True)[first - 1 : last])

    def span(self, node: ast.AST) -> tuple[int, int]:
        """First line (decorators included) and last line of a statement."""
        decorators = getattr(node, "decorator_list", [])
        lines = [item.lineno for item in [*decorators, node]]
        return min(lines), node.end_lineno or node.lineno  # type: ignore[attr-defined]  # ast.AST declares no positions

    def self_contained(self, name: str) -> str:
        """The definition of ``name`` with the imports and definitions it uses.

        The whole module where nothing but its docstring would be left out.
        """
        body = self.tree.body[1 if self.docstring else 0 :]
        wanted = self._closure(body, name)
        kept = [
            statement
            for statement in body
            if _defined(statement) & wanted
            or _is_future(statement)
            or (isinstance(statement, ast.Expr) and _used(statement) & wanted)
        ]
        trimmed = [
            self._without_unused(statement, wanted) for statement in kept
        ]
        if len(kept) == len(body) and all(
            text == self._with_comments(statement)
            for text, statement in zip(trimmed, kept, strict=True)
        ):
            return self.text
        return self._joined(kept, trimmed)

    def _closure(self, body: list[ast.stmt], name: str) -> set[str]:
        wanted, pending = set[str](), [name]
        while pending:
            current = pending.pop()
            if current in wanted:
                continue
            wanted.add(current)
            for statement in body:
                if current in _defined(statement) and not isinstance(
                    statement, ast.Import | ast.ImportFrom
                ):
                    pending += _used(statement)
        return wanted

    def _without_unused(self, statement: ast.stmt, wanted: set[str]) -> str:
        if not isinstance(statement, ast.Import | ast.ImportFrom) or _is_future(
            statement
        ):
            return self._with_comments(statement)
        unused = _defined(statement) - wanted
        if not unused:
            return self._with_comments(statement)
        names = [
            alias
            for alias in statement.names
            if (alias.asname or alias.name.split(".")[0]) in wanted
        ]
        if isinstance(statement, ast.Import):
            return ast.unparse(ast.Import(names))
        return ast.unparse(
            ast.ImportFrom(statement.module, names, statement.level)
        )

    def _with_comments(self, statement: ast.stmt) -> str:
        first, last = self.span(statement)
        lines = self.text.splitlines()
        while first > 1 and lines[first - 2].startswith("#"):
            first -= 1
        return self.lines(first, last).rstrip("\n")

    def _joined(self, statements: list[ast.stmt], texts: list[str]) -> str:
        parts = texts[:1]
        lines = self.text.splitlines()
        for previous, current, text in zip(
            statements, statements[1:], texts[1:], strict=False
        ):
            between = lines[previous.end_lineno : self.span(current)[0] - 1]
            definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
            if isinstance(previous, definition) or isinstance(
                current, definition
            ):
                blank = 2
            else:
                blank = min(1, sum(not line for line in between))
            parts.append("\n" * (blank + 1) + text)
        return "".join(parts) + "\n"


@lru_cache(maxsize=1)
def _owners() -> dict[str, list[str]]:
    return dict(packages_distributions())


def copy_along(path: Path, root: Path = ROOT) -> list[Path]:
    """Every sibling that ``path`` needs, those of its siblings included."""
    found: list[Path] = []
    pending = [*read(path, root).siblings]
    while pending:
        sibling = pending.pop(0)
        if sibling not in found and sibling != path:
            found.append(sibling)
            pending += read(sibling, root).siblings
    return sorted(found)


def _is_future(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.ImportFrom)
        and statement.module == "__future__"
    )


def _defined(statement: ast.stmt) -> set[str]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {statement.name}
        case ast.Import() | ast.ImportFrom():
            return {
                alias.asname or alias.name.split(".")[0]
                for alias in statement.names
            }
        case ast.Assign():
            return {
                node.id
                for target in statement.targets
                for node in ast.walk(target)
                if isinstance(node, ast.Name)
            }
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.If() | ast.Try() | ast.With():
            return set[str]().union(*map(_defined, statement.body))
    return set()


def _used(statement: ast.AST) -> set[str]:
    """Names a statement refers to, those in quoted annotations included."""
    names: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names |= {node.value} if node.value.isidentifier() else set()
    return names
