"""Own cancellation: told from one that something awaited has suffered."""

import asyncio

import pytest

from snippets.event_driven.own_cancellation import (
    StrayCancellationError,
    own_cancellation,
)


async def test_what_somebody_else_cancelled_is_an_error():
    connecting = asyncio.get_running_loop().create_future()
    connecting.cancel("the pool was closed")

    with (
        pytest.raises(StrayCancellationError, match="the pool was closed"),
        own_cancellation(),
    ):
        await connecting


async def test_ones_own_is_none():
    waiting = asyncio.Event()

    async def work():
        with own_cancellation():
            waiting.set()
            await asyncio.Event().wait()

    working = asyncio.create_task(work())
    await waiting.wait()
    working.cancel()
    await asyncio.wait({working})

    assert working.cancelled()


async def test_a_time_limit_outside_stays_a_time_limit():
    async def work():
        async with asyncio.timeout(0):
            with own_cancellation():
                await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await work()


async def test_other_errors_pass():
    with pytest.raises(LookupError), own_cancellation():
        raise LookupError
