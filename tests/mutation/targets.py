"""What mutation testing is about: the lines that pages show, their mutants, and
the list of those that no test can tell from the original.
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from guide.layout import ROOT, is_of_shop, modules
from guide.snippets.shown import shown
from guide.snippets.source import UnknownSnippetError, find, read
from tests.mutation.mutants import Mutant, mutants

EQUIVALENTS = Path("tests/mutation/mutants.toml")


@dataclass(frozen=True)
class Equivalent:
    """Mutants that behave as the original: of a line, by its text.

    Where others match, too: ``becomes`` is a part of the changed line, and
    ``symbol`` the class or function in which it stands.
    """

    module: str
    line: str
    operator: str
    reason: str
    becomes: str = ""
    symbol: str = ""

    @property
    def path(self) -> Path:
        return Path("snippets", *self.module.split(".")).with_suffix(".py")

    def covers(self, path: Path, mutant: Mutant, root: Path = ROOT) -> bool:
        if path != self.path or mutant.operator != self.operator:
            return False
        text, number = read(path, root).text, mutant.line - 1
        return (
            text.splitlines()[number].strip() == self.line
            and self.becomes in mutant.of(text).splitlines()[number]
            and self._is_in_symbol(mutant, root)
        )

    def _is_in_symbol(self, mutant: Mutant, root: Path) -> bool:
        if not self.symbol:
            return True
        try:
            excerpt = find(f"{self.module}:{self.symbol}", root)
        except UnknownSnippetError:
            return False
        return excerpt.first <= mutant.line <= excerpt.last


def equivalents(root: Path = ROOT) -> list[Equivalent]:
    path = root / EQUIVALENTS
    if not path.exists():
        return []
    data = tomllib.loads(path.read_text())
    return [Equivalent(**entry) for entry in data.get("equivalent", [])]


def stale_equivalents(root: Path = ROOT) -> Iterator[str]:
    """An entry of the list that matches no mutant, or gives no reason."""
    for entry in equivalents(root):
        path, found = entry.path, list[Mutant]()
        if (root / path).exists():
            found = mutants(read(path, root).text)
        if not any(entry.covers(path, mutant, root) for mutant in found):
            yield (
                f"{EQUIVALENTS}: no mutant of {entry.module} is: "
                f"{entry.operator} in `{entry.line}`"
            )
        if not entry.reason.strip():
            yield f"{EQUIVALENTS}: say why `{entry.line}` cannot be killed"


def shown_lines(root: Path = ROOT) -> dict[Path, set[int]]:
    """The lines that pages show of each module, and all of the shop's."""
    lines: dict[Path, set[int]] = {}
    for item in shown(root):
        try:
            excerpt = find(item.reference, root)
        except UnknownSnippetError:
            continue  # guide.checks reports it
        if excerpt.is_python and not excerpt.is_broken:
            span = range(excerpt.first, excerpt.last + 1)
            lines.setdefault(excerpt.path, set()).update(span)
    for path in filter(is_of_shop, modules(root)):
        lines[path] = set(range(1, read(path, root).text.count("\n") + 1))
    return dict(sorted(lines.items()))


def mutants_of(path: Path, lines: set[int], root: Path = ROOT) -> list[Mutant]:
    found = mutants(read(path, root).text)
    return [mutant for mutant in found if mutant.line in lines]


def digest(root: Path, paths: Iterable[Path], *words: str) -> str:
    """Changes with the content of any of these files, or a word."""
    found = sha256("\0".join(words).encode())
    for path in sorted(set(paths)):
        found.update(path.as_posix().encode())
        if (root / path).exists():
            found.update((root / path).read_bytes())
    return found.hexdigest()[:16]
