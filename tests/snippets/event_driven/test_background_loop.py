"""Background loop: what it raises is seen, and leaving ends it."""

import asyncio
import contextlib

import pytest

from snippets.code_style.own_cancellation import StrayCancellationError
from snippets.event_driven import background_loop, background_loop_broken
from snippets.event_driven.background_loop import repeating, until_cancelled
from tests.support.twins import fix_and_twin

MESSAGE = "Payments go on in %s s"


class SwallowsOnce:
    """Waits; ignores its first cancellation, as `wait_for` of 3.11 may."""

    def __init__(self):
        self.waiting = asyncio.Event()
        self.cancelled = False
        self.called_after = asyncio.Event()

    async def __call__(self):
        if self.cancelled:
            self.called_after.set()
        self.waiting.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if self.cancelled:
                raise
            self.cancelled = True


@fix_and_twin(
    "loop",
    background_loop,
    background_loop_broken,
    "Now and then a process does not stop when told to, and "
    "is killed with events in hand.",
)
async def test_it_ends_even_if_a_library_swallows_the_cancellation(loop):
    step = SwallowsOnce()

    async def run():
        async with loop.repeating(step):
            await step.waiting.wait()

    leaving = asyncio.create_task(run())
    going_on = asyncio.create_task(step.called_after.wait())
    try:
        await asyncio.wait(
            {leaving, going_on}, return_when=asyncio.FIRST_COMPLETED
        )
        assert leaving.done()
    finally:
        for task in (leaving, going_on):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@pytest.mark.parametrize("loop", [background_loop, background_loop_broken])
async def test_both_end_when_the_cancellation_arrives(loop):
    calls = 0
    third = asyncio.Event()

    async def step():
        nonlocal calls
        calls += 1
        if calls == 3:
            third.set()
            await asyncio.Event().wait()

    async with loop.repeating(step):
        await third.wait()

    assert calls == 3


async def test_what_a_step_raises_ends_the_block():
    async def step():
        raise ConnectionError("the broker is gone")

    with pytest.raises(ExceptionGroup) as raised:
        async with repeating(step):
            await asyncio.Event().wait()

    assert raised.group_contains(ConnectionError)


async def test_what_the_block_raises_ends_the_loop():
    running = asyncio.Event()

    async def step():
        running.set()
        await asyncio.Event().wait()

    async def fails():
        async with repeating(step):
            await running.wait()
            raise LookupError("no such article")

    with pytest.raises(ExceptionGroup) as raised:
        await fails()

    assert raised.group_contains(LookupError)


async def cancelled(running):
    """Cancel once; return how it ended."""
    running.cancel()
    await asyncio.wait({running})
    return running.cancelled()


class Steps:
    """Raises what it was given, one a call; then waits for ever."""

    def __init__(self, *errors):
        self._errors = list(errors)
        self.under_way, self.reached = 0, asyncio.Event()

    async def __call__(self):
        if self._errors:
            raise self._errors.pop(0)
        self.under_way += 1
        self.reached.set()
        await asyncio.Event().wait()


@pytest.mark.parametrize("error", [ConnectionError, asyncio.CancelledError])
async def test_a_loop_survives_what_its_step_raises(error, caplog):
    """Nobody cancelled the loop: something that the step awaited was."""
    step = Steps(error(), error())
    running = asyncio.create_task(until_cancelled(step, 0, MESSAGE))
    await step.reached.wait()

    assert caplog.text.count("Payments go on in 0 s") == 2
    assert await cancelled(running)


async def test_between_failures_it_pauses(monkeypatch):
    paused, steps, ended = [], [], asyncio.Event()

    async def pause(seconds):
        paused.append(seconds)
        ended.set()
        await asyncio.Event().wait()

    async def step():
        if steps:
            ended.set()
        steps.append("failed")
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(background_loop.asyncio, "sleep", pause)
        running = asyncio.create_task(until_cancelled(step, 7, MESSAGE))
        await ended.wait()
    assert (paused, steps) == ([7], ["failed"])
    assert await cancelled(running)


async def test_a_loop_ends_with_what_it_does_not_survive():
    with pytest.raises(ExceptionGroup) as raised:
        await until_cancelled(Steps(TypeError()), 0, MESSAGE, survives=OSError)

    assert raised.group_contains(TypeError)


async def test_a_stray_cancellation_in_a_step_ends_the_block():
    with pytest.raises(ExceptionGroup) as raised:
        async with repeating(Steps(asyncio.CancelledError())):
            await asyncio.Event().wait()

    assert raised.group_contains(StrayCancellationError)


async def test_one_slow_step_does_not_hold_up_the_others():
    step = Steps()
    running = asyncio.create_task(until_cancelled(step, 0, MESSAGE, at_once=3))
    await step.reached.wait()
    await asyncio.sleep(0)

    assert step.under_way == 3
    assert await cancelled(running)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_cancelled_once_a_loop_ends_though_its_step_swallows_it():
    step = SwallowsOnce()
    running = asyncio.create_task(until_cancelled(step, 0, MESSAGE))
    await step.waiting.wait()

    assert await cancelled(running)
    assert not step.called_after.is_set()


async def fail_in_a_group():
    """Before Python 3.13 it leaves `Task.cancelling()` one too high."""
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.wait_for(asyncio.Event().wait(), 0))


async def test_a_loop_survives_a_group_that_fails(caplog):
    failures, fourth = [1, 2, 3], asyncio.Event()

    async def step():
        if failures:
            failures.pop()
            await fail_in_a_group()
        fourth.set()
        await asyncio.Event().wait()

    running = asyncio.create_task(until_cancelled(step, 0, MESSAGE))
    await fourth.wait()

    assert caplog.text.count("Payments go on") == 3
    assert await cancelled(running)
