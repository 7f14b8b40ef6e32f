"""What `make bench` measured: ``docs/evidence/bench/NAME.json``.

Alternatives that ran in turn, so that each round gives a ratio. `tests.bench`
writes these records; they are committed, and pages plot the last one.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from statistics import median, quantiles

from guide.layout import RECORDS, ROOT, benches

BUSY = 0.5  # processes that wanted to run, for each processor
NOT_MEASURED = (
    '<p class="snippet__evidence snippet__evidence--missing">'
    "Not measured yet.</p>"
)
NUMBERS = re.compile(r"\[[\s\d.,e-]+\]")
UNITS = ((1, "s"), (1e3, "ms"), (1e6, "µs"))


class UnknownBenchError(Exception):
    """A page names a bench that is not there, or whose record is none."""


@dataclass(frozen=True)
class Spread:
    """A few figures for many: the least, the middle half, the most."""

    least: float
    lower: float
    middle: float
    upper: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        lower, _, upper = quantiles(values, n=4, method="inclusive")
        return cls(min(values), lower, median(values), upper, max(values))


@dataclass(frozen=True)
class Case:
    """One size of the task: what each alternative took, round by round.

    ``seconds`` are those of a call, which does ``units`` of the task.
    """

    label: str
    seconds: Mapping[str, Sequence[float]]
    units: int = 1


@dataclass(frozen=True)
class Environment:
    """Where it ran: enough to judge the figures, nothing that names a host.

    ``load`` counts the processes that wanted to run when the bench began.
    """

    python: str
    postgresql: str
    libraries: Mapping[str, str]
    processors: int
    load: float
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_busy(self) -> bool:
        return self.load > BUSY * self.processors


@dataclass(frozen=True)
class Record:
    """One bench, as it was last run.

    ``title`` says what a reader learns, ``what`` what was measured on what.
    With ``per_second`` naming what is counted, more is better. ``calls``, if
    they were counted, are of Python functions, by part and alternative.
    """

    name: str
    title: str
    what: str
    baseline: str
    recorded: str
    environment: Environment
    cases: Sequence[Case]
    per_second: str = ""
    calls: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @cached_property
    def unit(self) -> tuple[float, str]:
        """Factor and name of the unit in which all of it can be read."""
        if self.per_second:
            return 1, f"{self.per_second}/s"
        most = max(
            median(taken)
            for case in self.cases
            for taken in case.seconds.values()
        )
        return next((each for each in UNITS if most * each[0] >= 1), UNITS[-1])

    def values(self, case: Case, label: str) -> list[float]:
        """Time of a call, or what was done a second, in `unit`."""
        if self.per_second:
            return [case.units / taken for taken in case.seconds[label]]
        return [self.unit[0] * taken for taken in case.seconds[label]]

    def ratio(self, case: Case, label: str) -> Spread:
        """Against the baseline, round by round: a machine that was slow for a
        while was slow for both.
        """
        pairs = zip(
            self.values(case, label),
            self.values(case, self.baseline),
            strict=True,
        )
        return Spread.of([value / base for value, base in pairs])

    def save(self, root: Path = ROOT) -> Path:
        path = root / RECORDS / f"{self.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1)
        text = NUMBERS.sub(lambda found: " ".join(found[0].split()), text)
        path.write_text(f"{text}\n")
        return path


def load(name: str, root: Path = ROOT) -> Record | None:
    """The record of a bench; None if it was never measured.

    Raises:
        UnknownBenchError: there is no such bench, or its record is broken.
    """
    if name not in benches(root):
        raise UnknownBenchError(f"There is no bench {name}")
    path = RECORDS / f"{name}.json"
    try:
        data = json.loads((root / path).read_text())
        record = Record(
            **data
            | {
                "environment": Environment(**data["environment"]),
                "cases": [Case(**case) for case in data["cases"]],
            }
        )
        for case in record.cases:
            for label in case.seconds:
                record.ratio(case, label)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, ZeroDivisionError) as error:
        raise UnknownBenchError(f"{path} is no record: {error!r}") from error
    return record


def table(record: Record) -> str:
    """The figures, a row for each case and alternative."""
    _, unit = record.unit
    heads = ("Way", f"Least, {unit}", f"Median, {unit}", "Middle half", "Ratio")
    columns = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return (
        f"<table><thead><tr>{columns}</tr></thead>"
        f"<tbody>{''.join(rows(record))}</tbody></table>"
    )


def rows(record: Record) -> Iterator[str]:
    for case in record.cases:
        for label in case.seconds:
            spread = Spread.of(record.values(case, label))
            ratio = record.ratio(case, label)
            cells = [
                number(spread.least),
                number(spread.middle),
                f"{number(spread.lower)} to {number(spread.upper)}",
                f"{number(ratio.middle)} "
                f"({number(ratio.lower)} to {number(ratio.upper)})",
            ]
            if label == record.baseline:
                cells[-1] = "1"
            yield (
                f'<tr><th scope="row">{escape(case.label)}: {escape(label)}'
                "</th>"
                + "".join(f"<td>{cell}</td>" for cell in cells)
                + "</tr>"
            )


def calls(record: Record) -> str:
    """Where the work is done: calls of Python functions, a row a part."""
    if not record.calls:
        return ""
    labels = list(record.cases[0].seconds)
    sums = {
        label: sum(each[label] for each in record.calls.values())
        for label in labels
    }
    columns = "".join(
        f'<th scope="col">{escape(head)}</th>'
        for head in ("Python calls in", *labels)
    )
    body = "".join(
        f'<tr><th scope="row">{escape(part)}</th>'
        + "".join(f"<td>{counted[label]:,.0f}</td>" for label in labels)
        + "</tr>"
        for part, counted in {**record.calls, "all of Python": sums}.items()
    )
    return (
        f"<table><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>"
    )


def sentences(record: Record) -> Iterator[str]:
    """What the plot shows, in words: a sentence a case."""
    verb = "reaches" if record.per_second else "takes"
    for case in record.cases:
        others = [
            f"{label} {verb} {number(record.ratio(case, label).middle)}"
            for label in case.seconds
            if label != record.baseline
        ]
        yield f"{case.label}: {', '.join(others)} times {record.baseline}."


def conditions(record: Record) -> str:
    """One line: what was measured on what."""
    ran = record.environment
    rounds = len(next(iter(record.cases[0].seconds.values())))
    settings = ", ".join(
        f"{key} {value}" for key, value in ran.settings.items()
    )
    libraries = ", ".join(
        f"{name} {version}" for name, version in ran.libraries.items()
    )
    busy = " <strong>The machine was busy with other work.</strong>"
    return (
        f"{escape(record.what)} {rounds} rounds, in each every alternative "
        f"once; ratios are of one round. PostgreSQL {ran.postgresql}"
        f"{f' ({settings})' if settings else ''}, Python {ran.python}, "
        f"{libraries}, {ran.processors} processors; {record.recorded}."
        f"{busy if ran.is_busy else ''}"
    )


def number(value: float) -> str:
    """Three digits that count, and never an exponent."""
    for limit, places in ((100, 0), (10, 1), (1, 2)):
        if round(value, places) >= limit:
            return f"{value:,.{places}f}"
    return f"{value:.3f}".rstrip("0").rstrip(".")
