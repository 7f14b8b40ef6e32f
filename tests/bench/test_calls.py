"""Calls by part: what is counted, and for whom."""

from tests.bench.bench import Task
from tests.bench.calls import OTHERS, calls_by_part


def rule(number: int) -> int:
    return abs(number)


async def three_rules() -> list[int]:
    return [rule(number) for number in range(3)]


async def test_calls_count_for_the_part_that_makes_them():
    task = Task("", {"a": three_rules}, units=3)
    counted = await calls_by_part(task, {"bench/test_calls": "rules"})
    # The way, its list, three rules and three of what is built in.
    assert 7 / 3 <= counted["rules"]["a"] <= 8.5 / 3
    assert counted[OTHERS]["a"] <= 1


async def test_a_second_count_is_the_same():
    task = Task("", {"a": three_rules})
    parts = {"bench/test_calls": "rules"}
    assert await calls_by_part(task, parts) == await calls_by_part(task, parts)


async def test_what_is_made_once_is_not_counted():
    made = []

    async def way() -> None:
        if not made:
            made.extend(map(rule, range(1000)))

    counted = await calls_by_part(Task("", {"a": way}), {"bench/": "rules"})
    assert counted["rules"]["a"] < 100


async def test_the_first_part_that_fits_counts():
    parts = {"test_calls": "first", "bench": "second"}
    counted = await calls_by_part(Task("", {"a": three_rules}), parts)
    assert counted["second"]["a"] == 0
