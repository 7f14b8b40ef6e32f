"""The entry to asyncio: from a scheduler's thread, on every version."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from snippets.code_style import entry_point, entry_point_broken
from tests.support.twins import fix_and_twin


async def settle(batch):
    await asyncio.sleep(0)
    return len(batch)


@fix_and_twin(
    "module",
    entry_point,
    entry_point_broken,
    "The nightly job works from the shell and fails in the "
    "scheduler's thread: there is no current event loop",
    raises=RuntimeError,
    match="no current event loop",
)
def test_a_job_runs_in_a_scheduler_thread(module):
    with ThreadPoolExecutor(1) as scheduler:
        settled = scheduler.submit(module.settle_batches, ["ab", "c"], settle)
        assert settled.result() == 3


def test_the_twin_works_where_someone_set_a_loop():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        assert entry_point_broken.settle_batches(["ab", "c"], settle) == 3
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def test_after_a_run_the_main_thread_has_no_loop_either():
    asyncio.run(settle("ab"))
    with pytest.raises(RuntimeError, match="no current event loop"):
        asyncio.get_event_loop()


def test_all_batches_share_one_loop():
    loops = []

    async def note(_):
        loops.append(asyncio.get_running_loop())
        return 0

    entry_point.settle_batches(["ab", "c"], note)

    assert loops[0] is loops[1]
    assert loops[0].is_closed()


async def test_where_a_loop_runs_there_is_no_second_entry():
    coroutine = settle("ab")
    with pytest.raises(RuntimeError, match="from a running event loop"):
        asyncio.run(coroutine)
    coroutine.close()
