"""What happened while two releases ran on one schema, and its drawing.

The test of a rollout writes one ``build/timelines/TOPIC.NAME.WAY.json`` a way
of doing it: its phases, in their order. ``::: timeline TOPIC.NAME`` draws them,
if they stem from the last green run.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

from guide.evidence.report import FOLDER, Evidence, not_verified, topic_digest
from guide.layout import ROOT

REPORTS = FOLDER / "timelines"
WIDTH, LANE, GAP, NAMES = 600, 20, 4, 60  # of the drawing


@dataclass
class Phase:
    """From one step of the rollout to the next.

    ``asked`` has the requests of each release that was there, ``failed`` those
    that failed; ``slowest`` is in seconds, as is ``seconds``.
    """

    name: str
    seconds: float
    asked: dict[str, int]
    failed: dict[str, int]
    slowest: float


@dataclass
class Timeline:
    """One way to roll out, from the first phase to the last.

    ``wrong`` counts the rows that do not hold what was written last.
    """

    topic: str
    name: str
    way: str
    phases: list[Phase]
    wrong: int
    digest: str = ""

    @property
    def requests(self) -> int:
        return sum(sum(phase.asked.values()) for phase in self.phases)

    @property
    def failed(self) -> int:
        return sum(sum(phase.failed.values()) for phase in self.phases)

    def save(self, root: Path = ROOT) -> None:
        """Write it; it is of the topic as it is now."""
        self.digest = topic_digest(self.topic, root)
        way = self.way.replace(" ", "_")
        path = root / REPORTS / f"{self.topic}.{self.name}.{way}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def load(topic: str, name: str, root: Path = ROOT) -> list[Timeline]:
    """The current ways of one rollout, that without a failure first."""
    digest = topic_digest(topic, root)
    found = []
    for path in sorted((root / REPORTS).glob(f"{topic}.{name}.*.json")):
        data = json.loads(path.read_text())
        if data["digest"] == digest:
            phases = [Phase(**phase) for phase in data.pop("phases")]
            found.append(Timeline(phases=phases, **data))
    return sorted(found, key=lambda each: (each.failed, each.way))


def html(reference: str, evidence: Evidence | None, root: Path = ROOT) -> str:
    """Every way of the rollout ``topic.name``, as the last run saw it."""
    topic, _, name = reference.partition(".")
    if evidence is None or not evidence.holds_for(topic, root):
        return not_verified()
    timelines = load(topic, name, root)
    if not timelines:
        return not_verified(evidence.missing(f"tests/snippets/{topic}/"))
    return "".join(map(figure, timelines))


def figure(timeline: Timeline) -> str:
    return (
        f"<figure><figcaption>{sentence(timeline)}</figcaption>"
        f"{drawing(timeline)}<table>{''.join(rows(timeline))}</table></figure>"
    )


def sentence(timeline: Timeline) -> str:
    return (
        f"<strong>{escape(timeline.way)}</strong>: {timeline.requests} requests"
        f" in {sum(phase.seconds for phase in timeline.phases):.1f} s,"
        f" {timeline.failed} failed, {timeline.wrong} rows wrong."
    )


def drawing(timeline: Timeline) -> str:
    """A lane for each release; time runs to the right, and failures are red."""
    whole = sum(phase.seconds for phase in timeline.phases) or 1
    lanes = list(releases(timeline))
    height = len(lanes) * (LANE + GAP)
    bars = [
        f'<text x="0" y="{lane * (LANE + GAP) + LANE - 4}" font-size="{LANE}"'
        f' fill="currentColor">{escape(release)}</text>'
        for lane, release in enumerate(lanes)
    ]
    begin = float(NAMES)
    for phase in timeline.phases:
        width = (WIDTH - NAMES) * phase.seconds / whole
        for release in phase.asked:
            top = lanes.index(release) * (LANE + GAP)
            colour = "#e5484d" if phase.failed.get(release) else "currentColor"
            bars.append(
                f'<rect x="{begin:.1f}" y="{top}" width="{width - 1:.1f}"'
                f' height="{LANE}" fill="{colour}" fill-opacity="0.6">'
                f"<title>{escape(phase.name)}: {escape(release)}</title></rect>"
            )
        begin += width
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="100%" role="img"'
        f' aria-label="{escape(", then ".join(lanes))}, from left to right">'
        f"{''.join(bars)}</svg>"
    )


def releases(timeline: Timeline) -> Iterator[str]:
    """Each release once, in the order in which they came."""
    yield from dict.fromkeys(
        release for phase in timeline.phases for release in phase.asked
    )


def rows(timeline: Timeline) -> Iterator[str]:
    lanes = list(releases(timeline))
    heads = "".join(
        f'<th scope="col">{escape(text)}</th>'
        for text in ("phase", *lanes, "failed", "slowest")
    )
    yield f"<thead><tr>{heads}</tr></thead><tbody>"
    for phase in timeline.phases:
        asked = "".join(
            f"<td>{phase.asked.get(release, '')}</td>" for release in lanes
        )
        number = sum(phase.failed.values())
        failed = f"<strong>{number}</strong>" if number else "0"
        yield (
            f"<tr><td>{escape(phase.name)}</td>{asked}<td>{failed}</td>"
            f"<td>{phase.slowest * 1000:.0f} ms</td></tr>"
        )
    yield "</tbody>"
