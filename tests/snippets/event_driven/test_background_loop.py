"""Background loop: what it raises is seen, and leaving ends it."""

import asyncio
import contextlib

import pytest

from snippets.event_driven import background_loop, background_loop_broken
from snippets.event_driven.background_loop import repeating


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


@pytest.mark.parametrize(
    "loop",
    [
        pytest.param(background_loop, id="fix"),
        pytest.param(
            background_loop_broken,
            id="broken",
            marks=pytest.mark.xfail(
                strict=True,
                raises=AssertionError,
                reason="Now and then a process does not stop when told to, and "
                "is killed with events in hand.",
            ),
        ),
    ],
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
