"""A bench: several ways to do one thing, run in turn."""

import gc
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from time import perf_counter

from guide.evidence.bench import Case

Way = Callable[[], Awaitable[object]]
Clock = Callable[[], float]


class DifferentWorkError(Exception):
    """Two ways do not come to the same: comparing their time says nothing."""


@dataclass(frozen=True)
class Task:
    """One size of the task, and the ways to do it.

    Each way comes to the same: to what it returns, or to what ``outcome`` then
    reads. A sample is so many ``calls`` of it, each of which does ``units`` of
    the task. ``before`` undoes what the sample before it did.
    """

    label: str
    ways: Mapping[str, Way]
    calls: int = 1
    units: int = 1
    before: Way | None = None
    outcome: Way | None = None

    async def measure(self, rounds: int, clock: Clock = perf_counter) -> Case:
        """Every way once a round, each round beginning with another; the first
        round warms up and is not kept.

        Raises:
            DifferentWorkError: two ways come to different results.
        """
        labels = list(self.ways)
        seconds: dict[str, list[float]] = {label: [] for label in labels}
        for number in range(rounds + 1):
            turn = number % len(labels)
            results = {}
            for label in labels[turn:] + labels[:turn]:
                taken, results[label] = await self._sample(label, clock)
                if number:
                    seconds[label].append(float(f"{taken:.4g}"))
            self._compare(results)
        return Case(self.label, seconds, self.units)

    async def _sample(self, label: str, clock: Clock) -> tuple[float, object]:
        """Seconds of a call, and what it came to."""
        way = self.ways[label]
        if self.before:
            await self.before()
        gc.collect()
        start = clock()
        for _ in range(self.calls):
            result = await way()
        taken = (clock() - start) / self.calls
        return taken, await self.outcome() if self.outcome else result

    def _compare(self, results: Mapping[str, object]) -> None:
        (first, expected), *others = results.items()
        for label, result in others:
            if result != expected:
                raise DifferentWorkError(
                    f"{self.label}: {label} comes to {result!r:.200}, "
                    f"{first} to {expected!r:.200}"
                )


Tasks = AbstractAsyncContextManager[list[Task]]


@dataclass(frozen=True)
class Bench:
    """What a record says of itself, and how to set up its tasks.

    ``tasks`` is given the ``postgresql://…`` of an empty database and the
    factor, 1 or less, by which its data are smaller, for a test. With
    ``parts``, the calls of the first task are counted, too: see `calls`.
    """

    title: str
    what: str
    baseline: str
    tasks: Callable[[str, float], Tasks]
    per_second: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
