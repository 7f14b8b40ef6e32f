"""What mutation testing found: ``build/mutants.json``, and the table of it.

``make mutants`` writes it (`tests.mutation`). A topic whose files changed
since then counts as not measured. What no test can tell from the original is
listed, with the reason, in ``tests/mutants.toml``.
"""

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

from guide.evidence import FOLDER, topic_digest
from guide.excerpts import (
    ROOT,
    UnknownSnippetError,
    find,
    is_of_shop,
    modules,
    read,
)
from guide.mutants import Mutant, mutants
from guide.pages import shown

REPORT = FOLDER / "mutants.json"
EQUIVALENTS = Path("tests/mutants.toml")
KILLED, SURVIVED, TIMEOUT = "killed", "survived", "timeout"
EQUIVALENT = "equivalent"
NOT_MEASURED = (
    '<p class="snippet__evidence snippet__evidence--missing">'
    "Not measured in this build.</p>"
)


@dataclass
class Verdict:
    """What became of one mutant; ``against`` is what it was tried with."""

    line: int
    operator: str
    diff: str
    status: str
    test: str = ""
    reason: str = ""
    against: str = ""


@dataclass
class Report:
    """Topic → its digest when it was measured whole; module → verdicts."""

    topics: dict[str, str] = field(default_factory=dict)
    modules: dict[str, list[Verdict]] = field(default_factory=dict)

    def save(self, root: Path = ROOT) -> None:
        path = root / REPORT
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(self), indent=1) + "\n")
        new.replace(path)

    def of_topic(self, topic: str) -> Iterator[Verdict]:
        for path, verdicts in self.modules.items():
            if Path(path).parts[1] == topic:
                yield from verdicts


def load(root: Path = ROOT) -> Report:
    """The last report; an empty one if there is none that can be read."""
    try:
        data = json.loads((root / REPORT).read_text())
        return Report(
            data["topics"],
            {
                path: [Verdict(**verdict) for verdict in verdicts]
                for path, verdicts in data["modules"].items()
            },
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Report()


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


def html(root: Path = ROOT) -> str:
    """A row for each topic that was measured as it is now."""
    report = load(root)
    rows = "".join(
        row(topic, Counter(each.status for each in report.of_topic(topic)))
        for topic, measured in sorted(report.topics.items())
        if measured == topic_digest(topic, root)
    )
    if not rows:
        return NOT_MEASURED
    heads = ("Topic", "Mutants", "Killed", "Survived", "Equivalent")
    columns = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return (
        f"<table><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table>"
    )


def row(topic: str, count: Counter[str]) -> str:
    cells = "".join(
        f"<td>{cell}</td>"
        for cell in (
            topic.replace("_", " ").capitalize(),
            count.total(),
            f"{count[KILLED] + count[TIMEOUT]} ({score(count):.0f} %)",
            count[SURVIVED],
            count[EQUIVALENT],
        )
    )
    return f"<tr>{cells}</tr>"


def score(count: Counter[str]) -> float:
    """Percent killed of those that behave differently."""
    killed = count[KILLED] + count[TIMEOUT]
    return 100 * killed / ((killed + count[SURVIVED]) or 1)
