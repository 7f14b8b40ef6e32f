"""Where a way's work is done: its calls of Python functions, by part.

Unlike a time, their number is the same in each run and on each machine. What
is built into Python counts for the part that calls it.
"""

import cProfile
import pstats
from collections import Counter
from collections.abc import Mapping

from tests.bench.bench import Task, Way

OTHERS = "asyncio and the rest of Python"
Function = tuple[str, int, str]  # file, line, name


async def calls_by_part(
    task: Task, parts: Mapping[str, str]
) -> dict[str, dict[str, float]]:
    """Part → way → calls for one unit of the task.

    ``parts`` maps what a file's path holds to the name of a part; of several
    that fit, the first counts.
    """
    counted = {}
    for label, way in task.ways.items():
        await way()  # what is done once is not counted
        if task.before:
            await task.before()
        counted[label] = await _count(way, parts)
    return {
        part: {
            label: round(count[part] / task.units, 1)
            for label, count in counted.items()
        }
        for part in dict.fromkeys([*parts.values(), OTHERS])
    }


async def _count(way: Way, parts: Mapping[str, str]) -> Counter[str]:
    profile = cProfile.Profile()
    profile.enable()
    await way()
    profile.disable()

    def part(function: Function) -> str:
        path = function[0].replace("\\", "/")
        return next((parts[each] for each in parts if each in path), OTHERS)

    counts: Counter[str] = Counter()
    stats = pstats.Stats(profile).stats
    for function, (_, number, _, _, callers) in stats.items():
        if function[0] == "~":
            for caller, (_, times, _, _) in callers.items():
                counts[part(caller)] += times
        else:
            counts[part(function)] += number
    return counts
