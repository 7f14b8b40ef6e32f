"""What crash-point tests found, and the matrix of it that a page shows.

Each test writes one column, ``build/crash_points/TOPIC.MATRIX.WAY.json``: what
held after a kill at each boundary of one way of doing it. ``::: crash-points
TOPIC.MATRIX`` joins the columns, if they stem from the last green run.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

from guide.evidence.report import FOLDER, Evidence, not_verified, topic_digest
from guide.layout import ROOT

REPORTS = FOLDER / "crash_points"
HELD, UNDISTURBED = "held", "not killed"
FIX = "fix"


@dataclass
class Report:
    """Boundary → `HELD` or a symptom, in the order passed: one column.

    Under `UNDISTURBED`: what a run without a kill came to.
    """

    topic: str
    matrix: str
    way: str
    outcomes: dict[str, str]
    digest: str = ""

    @property
    def failures(self) -> int:
        return sum(outcome != HELD for outcome in self.outcomes.values())

    def save(self, root: Path = ROOT) -> None:
        """Write this column; it is of the topic as it is now."""
        self.digest = topic_digest(self.topic, root)
        way = self.way.replace(" ", "_")
        path = root / REPORTS / f"{self.topic}.{self.matrix}.{way}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def load(topic: str, matrix: str, root: Path = ROOT) -> list[Report]:
    """The current columns of one matrix, the fix first."""
    digest = topic_digest(topic, root)
    found = [
        Report(**json.loads(path.read_text()))
        for path in sorted((root / REPORTS).glob(f"{topic}.{matrix}.*.json"))
    ]
    current = [report for report in found if report.digest == digest]
    return sorted(current, key=lambda report: report.way != FIX)


def html(reference: str, evidence: Evidence | None, root: Path = ROOT) -> str:
    """The matrix ``topic.matrix`` as the last run found it."""
    topic, _, matrix = reference.partition(".")
    reports = load(topic, matrix, root)
    if evidence is None or not evidence.holds_for(topic, root):
        return not_verified()
    if not reports:
        return not_verified(evidence.missing(f"tests/snippets/{topic}/"))
    summary = "; ".join(map(sentence, reports))
    table = "".join(rows(reports))
    return (
        '<details class="note"><summary>'
        f"Killed everywhere: {summary}.</summary>"
        f"<table>{table}</table></details>"
    )


def sentence(report: Report) -> str:
    kills = len(report.outcomes.keys() - {UNDISTURBED})
    if not report.failures:
        return f"{escape(report.way)} held at all {kills} boundaries"
    return f"{escape(report.way)} failed at {report.failures} of {kills}"


def rows(reports: list[Report]) -> Iterator[str]:
    heads = "".join(
        f'<th scope="col">{escape(text)}</th>'
        for text in ("killed at", *(report.way for report in reports))
    )
    yield f"<thead><tr>{heads}</tr></thead><tbody>"
    boundaries = dict.fromkeys(
        boundary for report in reports for boundary in report.outcomes
    )
    for boundary in boundaries:
        cells = "".join(
            cell(report.outcomes.get(boundary)) for report in reports
        )
        yield f"<tr><td><code>{escape(boundary)}</code></td>{cells}</tr>"
    yield "</tbody>"


def cell(outcome: str | None) -> str:
    if outcome is None:
        return "<td>not passed</td>"
    text = escape(outcome)
    return f"<td>{text if outcome == HELD else f'<strong>{text}</strong>'}</td>"
