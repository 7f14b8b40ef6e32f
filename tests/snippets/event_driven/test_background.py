"""Background: whatever ends one ends all, is seen, and really ends them."""

import asyncio
import contextlib

import pytest

from snippets.code_style import own_cancellation
from snippets.code_style.own_cancellation import StrayCancellationError
from snippets.event_driven import background, background_broken
from snippets.event_driven.background import LoopEndedError
from tests.support.twins import fix_and_twin


def either(reason):
    return fix_and_twin("module", background, background_broken, reason)


def never_wait(monkeypatch):
    for module in (background, own_cancellation):
        monkeypatch.setattr(module, "AGAIN", 0)


async def for_ever():
    await asyncio.Event().wait()


async def fail(error):
    raise error


def swallowing(times):
    """Waits, and ignores as many cancellations, as a library may."""
    waiting = asyncio.Event()

    async def wait():
        waiting.set()
        for _ in range(times):
            try:
                await for_ever()
            except asyncio.CancelledError:
                continue
        await for_ever()

    return waiting, wait


async def outcome(block, turns=100):
    """What became of it; asserts that it ended."""
    running = asyncio.create_task(block)
    for _ in range(turns):
        if running.done():
            break
        await asyncio.sleep(0)
    ended = running.done()
    while not running.done():
        running.cancel()
        await asyncio.sleep(0)
    assert ended
    return None if running.cancelled() else running.exception()


def errors(group):
    return [type(error) for error in group.exceptions]


@either(
    "The worker runs on for days and publishes nothing: its relay awaited "
    "something that was cancelled, and nobody was told."
)
async def test_a_loop_that_a_stray_cancellation_ends_ends_the_block(module):
    async def relay():
        pool_closed = asyncio.get_running_loop().create_future()
        pool_closed.cancel()
        await pool_closed

    async def run():
        async with module.background(relay()):
            await for_ever()

    assert errors(await outcome(run())) == [LoopEndedError]


@either(
    "The subscription is dead, the error was raised once, and the process "
    "stays up: the block swallowed its only cancellation."
)
async def test_a_block_that_swallows_its_cancellation_ends(module, monkeypatch):
    never_wait(monkeypatch)
    _, wait = swallowing(3)

    async def run():
        async with module.background(fail(ConnectionError())):
            await wait()

    assert errors(await outcome(run())) == [ConnectionError]


@pytest.mark.parametrize("module", [background, background_broken])
async def test_both_end_a_block_whose_loop_fails(module):
    async def run():
        async with module.background(fail(ConnectionError()), for_ever()):
            await for_ever()

    assert errors(await outcome(run())) == [ConnectionError]


@pytest.mark.parametrize("module", [background, background_broken])
async def test_leaving_the_block_ends_both_loops(module):
    async with module.background(for_ever(), for_ever()):
        await asyncio.sleep(0)

    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_loop_that_returns_ends_the_block():
    async def run():
        async with background.background(asyncio.sleep(0)):
            await for_ever()

    assert errors(await outcome(run())) == [LoopEndedError]


async def test_a_loop_that_swallows_its_cancellation_ends(monkeypatch):
    never_wait(monkeypatch)
    waiting, loop = swallowing(3)

    async def run():
        async with background.background(loop()):
            await waiting.wait()

    assert await outcome(run()) is None


async def test_cancelled_again_while_it_ends_a_loop_it_still_ends_it(
    monkeypatch,
):
    never_wait(monkeypatch)
    waiting, loop = swallowing(3)

    async def run():
        async with background.background(loop()):
            await for_ever()

    running = asyncio.create_task(run())
    await waiting.wait()
    for _ in range(3):
        running.cancel()
        await asyncio.sleep(0)
    await asyncio.wait({running})

    assert running.cancelled()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_first_error_comes_before_those_of_cleaning_up():
    async def loop():
        try:
            await for_ever()
        finally:
            raise OSError("while the loop cleaned up")

    async def run():
        async with background.background(fail(ConnectionError()), loop()):
            try:
                await for_ever()
            finally:
                raise EOFError("while the block cleaned up")

    assert errors(await outcome(run())) == [ConnectionError, EOFError, OSError]


async def test_a_block_that_is_cancelled_says_so_and_logs_the_errors(caplog):
    """Python 3.11's TaskGroup would raise the error, and go on to live."""

    async def loop():
        try:
            await for_ever()
        finally:
            raise OSError("while the loop cleaned up")

    async def run():
        async with background.background(loop()):
            await for_ever()

    running = asyncio.create_task(run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running})

    assert running.cancelled()
    assert "while the loop cleaned up" in caplog.text


async def test_cancelled_while_it_ends_its_loops_it_says_so():
    waiting, loop = swallowing(1)

    async def run():
        async with background.background(loop()):
            await waiting.wait()

    running = asyncio.create_task(run())
    await waiting.wait()
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running})

    assert running.cancelled()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_cancelled_while_it_ends_its_loops_it_logs_their_errors(caplog):
    waiting, release = asyncio.Event(), asyncio.Event()

    async def loop():
        waiting.set()
        try:
            await for_ever()
        finally:
            with contextlib.suppress(asyncio.CancelledError):
                await release.wait()
            raise OSError("while the loop cleaned up")

    async def run():
        async with background.background(loop()):
            await waiting.wait()

    running = asyncio.create_task(run())
    await waiting.wait()
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running})

    assert running.cancelled()
    assert "while the loop cleaned up" in caplog.text


async def test_the_error_of_a_group_in_the_block_is_no_cancellation():
    """Before Python 3.13 it leaves `Task.cancelling()` one too high."""

    async def run():
        async with (
            background.background(for_ever()),
            asyncio.TaskGroup() as group,
        ):
            group.create_task(fail(LookupError()))

    assert errors(await outcome(run())) == [ExceptionGroup]


async def test_a_stray_cancellation_in_the_block_is_an_error():
    async def run():
        async with background.background(for_ever()):
            raise asyncio.CancelledError

    assert errors(await outcome(run())) == [StrayCancellationError]


async def test_what_the_block_raises_comes_out_and_ends_the_loops():
    async def run():
        async with background.background(for_ever()):
            raise LookupError

    assert errors(await outcome(run())) == [LookupError]
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_without_a_loop_there_is_nothing_to_run():
    with pytest.raises(ValueError, match="Nothing would run"):
        async with background.background():
            pytest.fail("It must not look as if it ran")


async def test_the_interrupts_are_taken_back():
    """Or whoever looks at `cancelling` next believes to be cancelled."""
    with pytest.raises(ExceptionGroup):
        async with background.background(fail(ConnectionError())):
            await for_ever()

    assert not asyncio.current_task().cancelling()


async def test_a_cancellation_from_before_is_not_taken_back():
    async def run():
        with contextlib.suppress(asyncio.CancelledError):
            await for_ever()
        with contextlib.suppress(ExceptionGroup):
            async with background.background(fail(ConnectionError())):
                await for_ever()
        return asyncio.current_task().cancelling()

    running = asyncio.create_task(run())
    await asyncio.sleep(0)
    running.cancel()
    assert await running == 1
