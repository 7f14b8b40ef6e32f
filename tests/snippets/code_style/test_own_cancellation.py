"""Apart: nobody takes another's cancellation for theirs, or loses theirs."""

import asyncio
import contextlib

import pytest

from snippets.code_style import own_cancellation
from snippets.code_style.own_cancellation import (
    StrayCancellationError,
    apart,
)


async def for_ever():
    await asyncio.Event().wait()


async def fail_in_a_group():
    """Before Python 3.13 it leaves `Task.cancelling()` one too high."""
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.wait_for(for_ever(), 0))


async def await_what_is_cancelled():
    connecting = asyncio.get_running_loop().create_future()
    connecting.cancel("the pool was closed")
    await connecting


async def fail_in_a_group_then_await_what_is_cancelled():
    with contextlib.suppress(ExceptionGroup):
        await fail_in_a_group()
    await await_what_is_cancelled()


async def cancel_oneself():
    asyncio.current_task().cancel()
    await for_ever()


async def gather_what_is_cancelled():
    raise BaseExceptionGroup("both", [asyncio.CancelledError(), OSError()])


@pytest.mark.parametrize(
    "work",
    [
        await_what_is_cancelled,
        gather_what_is_cancelled,
        fail_in_a_group_then_await_what_is_cancelled,
        cancel_oneself,
    ],
)
async def test_a_cancellation_that_is_not_the_callers_is_an_error(work):
    with pytest.raises(StrayCancellationError):
        await apart(work())

    assert not asyncio.current_task().cancelling()


async def test_what_was_cancelled_and_why_is_told():
    with pytest.raises(StrayCancellationError, match="the pool was closed"):
        await apart(await_what_is_cancelled())


async def test_results_and_errors_pass():
    assert await apart(asyncio.sleep(0, "paid")) == "paid"
    with pytest.raises(ExceptionGroup):
        await apart(fail_in_a_group())


async def test_a_group_that_means_to_end_the_process_passes():
    class Killed(BaseException):
        """As SystemExit, which the event loop would not wait for."""

    async def end():
        raise BaseExceptionGroup("both", [asyncio.CancelledError(), Killed()])

    with pytest.raises(BaseExceptionGroup):
        await apart(end())


async def until_cancelled_then(what):
    try:
        await for_ever()
    finally:
        what()


def nothing():
    """Ends as it was told to."""


def failing():
    raise OSError("while cleaning up")


async def swallowing(times):
    for _ in range(times):
        with contextlib.suppress(asyncio.CancelledError):
            await for_ever()


@pytest.mark.parametrize(
    "work",
    [
        lambda: until_cancelled_then(nothing),
        lambda: until_cancelled_then(failing),
        lambda: swallowing(3),
    ],
    ids=["ends", "fails", "swallows"],
)
async def test_a_caller_who_is_cancelled_ends_cancelled(work, monkeypatch):
    monkeypatch.setattr(own_cancellation, "AGAIN", 0)
    calling = asyncio.create_task(apart(work()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    calling.cancel()
    await asyncio.wait({calling})

    assert calling.cancelled()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_what_fails_while_it_is_cancelled_is_logged(caplog):
    calling = asyncio.create_task(apart(until_cancelled_then(failing)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    calling.cancel()
    await asyncio.wait({calling})

    assert "while cleaning up" in caplog.text


async def test_cancelled_again_meanwhile_it_still_ends_the_work(monkeypatch):
    monkeypatch.setattr(own_cancellation, "AGAIN", 3600)
    calling = asyncio.create_task(apart(swallowing(3)))
    await asyncio.sleep(0)
    for _ in range(4):
        calling.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    await asyncio.wait({calling})

    assert calling.cancelled()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_time_limit_of_the_caller_stays_one():
    async def hurry():
        async with asyncio.timeout(0):
            await apart(for_ever())

    with pytest.raises(TimeoutError):
        await hurry()
