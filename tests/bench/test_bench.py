"""How ways are measured: in turn, by a clock that the test holds."""

import pytest

from tests.bench.bench import DifferentWorkError, Task


class Clock:
    """Stands still until a way takes time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.log: list[str] = []

    def __call__(self) -> float:
        return self.now

    def way(self, name: str, seconds: float, result: object = None):
        async def run() -> object:
            self.log.append(name)
            self.now += seconds
            return result

        return run


@pytest.fixture
def clock():
    return Clock()


async def test_every_way_runs_once_a_round_and_each_begins_a_round(clock):
    task = Task("", {name: clock.way(name, 1) for name in "abc"})

    await task.measure(3, clock)

    assert "".join(clock.log) == "abcbcacababc"


async def test_the_first_round_is_not_kept(clock):
    seconds = iter([9, 2, 3])

    async def slow_at_first() -> None:
        clock.now += next(seconds)

    case = await Task("", {"a": slow_at_first}).measure(2, clock)

    assert case.seconds == {"a": [2, 3]}


async def test_a_sample_of_several_calls_is_the_time_of_one(clock):
    task = Task("", {"a": clock.way("a", 0.5)}, calls=4)

    case = await task.measure(1, clock)

    assert case.seconds == {"a": [0.5]}
    assert clock.log == ["a"] * 8


async def test_what_goes_before_and_after_takes_no_time(clock):
    task = Task(
        "10 rows",
        {"a": clock.way("a", 1)},
        units=10,
        before=clock.way("before", 100),
        outcome=clock.way("outcome", 100),
    )

    case = await task.measure(1, clock)

    assert (case.label, case.seconds, case.units) == ("10 rows", {"a": [1]}, 10)
    assert clock.log == ["before", "a", "outcome"] * 2


async def test_ways_that_come_to_something_else_are_not_compared(clock):
    ways = {"a": clock.way("a", 1, [1, 2]), "b": clock.way("b", 1, [1])}
    with pytest.raises(DifferentWorkError, match=r"b comes to \[1\], a to"):
        await Task("rows", ways).measure(1, clock)


async def test_the_outcome_is_compared_where_there_is_one(clock):
    left = iter([1, 1, 1, 2])

    async def outcome() -> int:
        return next(left)

    ways = {"a": clock.way("a", 1, "x"), "b": clock.way("b", 1, "y")}
    with pytest.raises(DifferentWorkError):
        await Task("rows", ways, outcome=outcome).measure(2, clock)


async def test_a_sample_is_stored_with_four_digits(clock):
    case = await Task("", {"a": clock.way("a", 1 / 3)}).measure(1, clock)
    assert case.seconds == {"a": [0.3333]}
