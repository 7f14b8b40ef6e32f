"""Reports as test runs leave them, made up: the browser tests look at pages
that show every form of evidence, whatever ran before.
"""

import json
from dataclasses import asdict
from pathlib import Path

from guide.evidence import crash_points, timeline
from guide.evidence import mutants as mutation_report
from guide.evidence.report import Evidence, ModuleRun, Outcome, topic_digest
from guide.layout import ROOT, mirror_of, modules, topics
from guide.site.directives import CRASH_POINTS, TIMELINE
from guide.snippets.shown import pages

UNVERIFIED = "code_style"  # as if it had changed since
SERVERS = {
    "amqp": "RabbitMQ 3.10.8",
    "postgres": "PostgreSQL 18.6",
    "redis": "Valkey 9.1.2",
}
SYMPTOM = "Two customers get the last item, and the one who paid gets none"
BOUNDARIES = {
    crash_points.UNDISTURBED: crash_points.HELD,
    "place_order.PlaceOrder.__call__:61 async with work(), exit": "held",
    "elsewhere: COMMIT, after": "order pending, paid, 2 reserved",
}


def pretend(folder: Path) -> None:
    """Write into ``folder`` what runs would write into ``build/``."""
    folder.mkdir()
    evidence().save(folder / "evidence.json")
    for reference in crash_matrices():
        topic, _, matrix = reference.partition(".")
        for way, outcomes in {
            crash_points.FIX: dict.fromkeys(BOUNDARIES, crash_points.HELD),
            "broken": BOUNDARIES,
        }.items():
            report = crash_points.Report(
                topic, matrix, way, outcomes, topic_digest(topic)
            )
            write(folder / "crash_points" / f"{reference}.{way}.json", report)
    for reference in timelines():
        topic, _, name = reference.partition(".")
        for way, failed in {"in_steps": 0, "at_once": 7}.items():
            report = timeline.Timeline(
                topic, name, way, phases(failed), failed, topic_digest(topic)
            )
            write(folder / "timelines" / f"{reference}.{way}.json", report)
    write(folder / "mutants.json", mutants())


def write(path: Path, report: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(asdict(report)))


def evidence() -> Evidence:
    """A run in which all but one topic was verified on every server."""
    tests, runs = {}, {}
    for path in modules():
        test = f"{mirror_of(path)}::test_{path.stem}"
        tests[test] = (
            Outcome("xfailed", ["postgres"], SYMPTOM)
            if path.stem.endswith("_broken")
            else Outcome("passed", [*SERVERS])
        )
        lines = (ROOT / path).read_text().splitlines()
        runs[path.as_posix()] = ModuleRun(
            {number: [test] for number, _ in enumerate(lines, 1)}
        )
    return Evidence(
        finished="2026-11-24T08:00:00+00:00",
        commit="abc1234",
        python="3.11.7",
        green=True,
        servers=SERVERS,
        topics={
            topic: topic_digest(topic)
            for topic in topics()
            if topic != UNVERIFIED
        },
        tests=tests,
        modules=runs,
    )


def crash_matrices() -> list[str]:
    return [
        match["matrix"] for match in map(CRASH_POINTS.match, lines()) if match
    ]


def timelines() -> list[str]:
    return [match["name"] for match in map(TIMELINE.match, lines()) if match]


def phases(failed: int) -> list[timeline.Phase]:
    return [
        timeline.Phase("before", 1.0, {"old": 30}, {}, 0.02),
        timeline.Phase(
            "deploy", 2.5, {"old": 25, "new": 25}, {"old": failed}, 0.2
        ),
        timeline.Phase("stop the old", 1.0, {"new": 30}, {}, 0.02),
    ]


def lines() -> list[str]:
    """Of all pages."""
    return [
        line
        for page in pages()
        for line in (ROOT / page).read_text().splitlines()
    ]


def mutants() -> mutation_report.Report:
    verdicts = [
        mutation_report.Verdict(1, "operator", "- a", status)
        for status in ("killed", "survived", "equivalent")
    ]
    return mutation_report.Report(
        {topic: topic_digest(topic) for topic in topics()},
        {f"snippets/{topic}/__init__.py": verdicts for topic in topics()},
    )
