"""What mutation testing found: ``build/mutants.json``, and the table of it.

``make mutants`` writes it (`tests.mutation`). A topic whose files changed
since then counts as not measured. What no test can tell from the original is
listed, with the reason, in ``tests/mutation/mutants.toml``.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from guide.evidence.report import FOLDER, topic_digest
from guide.layout import ROOT

REPORT = FOLDER / "mutants.json"
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
