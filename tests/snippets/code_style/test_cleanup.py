"""Cleanup that awaits, on real Valkey: units go back, whatever happens."""

import asyncio
import contextlib
from datetime import timedelta

import anyio
import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from redis.asyncio import Redis

from snippets.code_style import (
    cleanup,
    cleanup_exception_broken,
    cleanup_interrupted_broken,
)
from snippets.code_style.cleanup import to_the_end
from tests.support.twins import fix_and_twin

all_three = pytest.mark.parametrize(
    "module", [cleanup, cleanup_exception_broken, cleanup_interrupted_broken]
)


class SlowToGiveBack(Redis):
    """A Valkey whose answer to INCRBY is on its way until the test lets it."""

    def __init__(self, **options):
        super().__init__(**options)
        self.giving_back = asyncio.Event()
        self.release = asyncio.Event()

    async def incrby(self, name, amount=1):
        self.giving_back.set()
        await self.release.wait()
        return await super().incrby(name, amount)


@pytest.fixture
async def redis(redis_url):
    async with SlowToGiveBack.from_url(redis_url) as redis:
        redis.release.set()
        await redis.set("stock:TEA", 10)
        yield redis


async def in_stock(redis):
    return int(await redis.get("stock:TEA"))


def either(twin, reason):
    return fix_and_twin("module", cleanup, twin, reason)


async def checkout(module, redis, paying):
    async with module.held(redis, "TEA", 2):
        paying.set()
        await asyncio.Event().wait()  # a payment that takes its time


async def started(module, redis):
    paying = asyncio.Event()
    task = asyncio.create_task(checkout(module, redis, paying))
    await paying.wait()
    return task


@either(
    cleanup_exception_broken,
    "A payment runs into its deadline, and two units are never for sale again",
)
async def test_a_checkout_that_runs_out_of_time_gives_units_back(module, redis):
    async def pay():
        async with asyncio.timeout(None) as deadline:
            async with module.held(redis, "TEA", 2):
                deadline.reschedule(0)  # long ago
                await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await pay()

    assert await in_stock(redis) == 10


def checkout_page(module, redis, ended):
    app = FastAPI()

    @app.get("/checkout")
    async def checkout() -> StreamingResponse:
        async def progress():
            try:
                async with module.held(redis, "TEA", 2):
                    yield "waiting for the payment\n"
                    await asyncio.Event().wait()
            finally:
                ended.set()

        return StreamingResponse(progress())

    return app


@either(
    cleanup_interrupted_broken,
    "A customer closes the page that streams the progress of a payment, and "
    "two units are never for sale again",
)
async def test_a_client_that_leaves_a_stream_gives_units_back(
    module, redis, serve
):
    redis.release.clear()
    ended = asyncio.Event()
    async with serve(checkout_page(module, redis, ended)) as url:
        async with (
            httpx.AsyncClient(base_url=url) as client,
            client.stream("GET", "/checkout") as answer,
        ):
            await anext(answer.aiter_lines())
        await redis.giving_back.wait()
        for _ in range(20):
            await asyncio.sleep(0)  # Starlette goes on cancelling
        redis.release.set()
        await ended.wait()

    assert await in_stock(redis) == 10


@either(
    cleanup_interrupted_broken,
    "A second cancellation stops the cleanup, and the units stay away",
)
async def test_a_second_cancel_does_not_stop_the_cleanup(module, redis):
    redis.release.clear()
    task = await started(module, redis)
    task.cancel()
    await redis.giving_back.wait()
    task.cancel()
    await asyncio.sleep(0)  # the second cancellation arrives
    redis.release.set()
    await asyncio.wait({task})

    assert task.cancelled()
    assert await in_stock(redis) == 10


async def test_whoever_was_cancelled_meanwhile_is_cancelled_afterwards():
    started, release, ended = asyncio.Event(), asyncio.Event(), []

    async def give_back():
        started.set()
        await release.wait()
        ended.append("given back")

    task = asyncio.create_task(to_the_end(give_back()))
    await started.wait()
    task.cancel()
    await asyncio.sleep(0)
    release.set()
    await asyncio.wait({task})

    assert ended == ["given back"]
    assert task.cancelled()


class Counted:
    """Awaits `inner`, and counts how often the loop wakes it."""

    def __init__(self, inner):
        self._steps = inner.__await__()
        self.wakes = 0

    def __await__(self):
        return self

    def __next__(self):
        return self.send(None)

    def send(self, value):
        self.wakes += 1
        return self._steps.send(value)

    def throw(self, *error):
        self.wakes += 1
        return self._steps.throw(*error)


async def test_a_cancelled_scope_does_not_keep_the_cleanup_busy(serve):
    counted, ended = [], asyncio.Event()

    async def give_back():
        for _ in range(1000):
            await asyncio.sleep(0)

    async def progress():
        try:
            yield "waiting for the payment\n"
            await asyncio.Event().wait()
        finally:
            counted.append(Counted(to_the_end(give_back())))
            try:
                await counted[0]
            finally:
                ended.set()

    app = FastAPI()
    app.get("/checkout")(lambda: StreamingResponse(progress()))
    async with serve(app) as url:
        async with (
            httpx.AsyncClient(base_url=url) as client,
            client.stream("GET", "/checkout") as answer,
        ):
            await anext(answer.aiter_lines())
        await ended.wait()

    assert counted[0].wakes <= 3


async def test_both_kinds_of_cancellation_at_once_are_held_off():
    cleaning, release, ended = asyncio.Event(), asyncio.Event(), []

    async def give_back():
        cleaning.set()
        await release.wait()
        ended.append("given back")

    async def worker():
        with anyio.CancelScope() as scope:
            try:
                scope.cancel()
                await asyncio.Event().wait()
            finally:
                await to_the_end(give_back())

    task = asyncio.create_task(worker())
    await cleaning.wait()
    task.cancel()
    await asyncio.sleep(0)
    release.set()
    await asyncio.wait({task})

    assert ended == ["given back"]
    assert task.cancelled()


@all_three
async def test_an_error_gives_units_back(module, redis):
    with pytest.raises(KeyError):
        async with module.held(redis, "TEA", 2):
            raise KeyError("payment")
    assert await in_stock(redis) == 10


@all_three
async def test_units_are_gone_when_the_block_finishes(module, redis):
    async with module.held(redis, "TEA", 2):
        pass
    assert await in_stock(redis) == 8


async def test_a_finally_may_await_after_one_cancellation(redis):
    task = await started(cleanup_interrupted_broken, redis)
    task.cancel()
    await asyncio.wait({task})
    assert await in_stock(redis) == 10


async def test_cleanup_that_fails_says_so():
    async def fails():
        raise ConnectionError("Valkey is gone")

    with pytest.raises(ConnectionError, match="gone"):
        await to_the_end(fails())


async def test_cleanup_that_fails_says_so_in_place_of_a_cancellation():
    started, release = asyncio.Event(), asyncio.Event()

    async def fails():
        started.set()
        await release.wait()
        raise ConnectionError("Valkey is gone")

    task = asyncio.create_task(to_the_end(fails()))
    await started.wait()
    task.cancel()
    release.set()
    with pytest.raises(ConnectionError, match="gone"):
        await task


@pytest.mark.parametrize(
    ("main_waits", "outcome"), [(True, "given back"), (False, "cut off")]
)
def test_asyncio_run_ends_a_cleanup_that_main_does_not_wait_for(
    main_waits, outcome
):
    outcomes = []

    async def give_back(started):
        started.set()
        try:
            for _ in range(100):
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            outcomes.append("cut off")
            raise
        outcomes.append("given back")

    async def main():
        started = asyncio.Event()
        if main_waits:
            async with asyncio.TaskGroup() as group:
                group.create_task(to_the_end(give_back(started)))
                await started.wait()
                asyncio.current_task().cancel()
        else:
            left = asyncio.create_task(to_the_end(give_back(started)))
            await started.wait()
            assert not left.done()

    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(main())

    assert outcomes == [outcome]


async def test_cleanup_has_a_limit():
    with pytest.raises(TimeoutError):
        await to_the_end(asyncio.Event().wait(), timedelta(0))


async def test_a_cleanup_that_others_cancelled_is_an_error():
    async def give_back():
        connection = asyncio.get_running_loop().create_future()
        connection.cancel()
        await connection

    with pytest.raises(RuntimeError, match="cleanup was cancelled"):
        await to_the_end(give_back())


async def test_shield_alone_lets_its_caller_go_first():
    release, ended = asyncio.Event(), []

    async def give_back():
        await release.wait()
        ended.append("given back")

    inner = asyncio.create_task(give_back())

    async def shielded():
        await asyncio.shield(inner)

    caller = asyncio.create_task(shielded())
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.wait({caller})

    assert caller.cancelled()
    assert not inner.done()
    release.set()
    await inner
    assert ended == ["given back"]


async def test_a_shielded_scope_of_anyio_does_not_hold_off_task_cancel():
    cleaning, release, ended = asyncio.Event(), asyncio.Event(), []

    async def worker():
        try:
            await asyncio.Event().wait()
        finally:
            with anyio.CancelScope(shield=True):
                cleaning.set()
                await release.wait()
                ended.append("cleaned")

    task = asyncio.create_task(worker())
    await asyncio.sleep(0)
    task.cancel()
    await cleaning.wait()
    task.cancel()
    await asyncio.sleep(0)
    release.set()
    await asyncio.wait({task})

    assert ended == []
