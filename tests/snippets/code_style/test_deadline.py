"""Deadlines, against a real socket whose other end says nothing."""

import asyncio
import contextlib
from datetime import timedelta

import httpx
import pytest
from redis.exceptions import RedisError

from snippets.code_style import deadline, deadline_broken
from snippets.code_style.errors import ExternalApiError
from tests.support.twins import fix_and_twin

SOON, LATE = timedelta(milliseconds=20), timedelta(seconds=50)


@contextlib.asynccontextmanager
async def provider(answer):
    """A payment provider; with no answer, it stays silent."""

    async def serve(reader, writer):
        writer.write(answer)
        await reader.read()  # until the client hangs up
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def authorise(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await reader.readline()
    finally:
        writer.close()
        await writer.wait_closed()


@fix_and_twin(
    "module",
    deadline,
    deadline_broken,
    "A silent payment provider answers 500, although the "
    "code catches the timeout",
    raises=TimeoutError,
)
async def test_silence_is_an_error_of_the_provider(module):
    async with provider(b"") as port:
        with pytest.raises(ExternalApiError) as caught:
            await module.answered(authorise(port), "payments", SOON)

    assert isinstance(caught.value.__cause__, TimeoutError)
    assert caught.value.context == {
        "service": "payments",
        "within_seconds": SOON.total_seconds(),
    }


@pytest.mark.parametrize("module", [deadline, deadline_broken])
async def test_an_answer_in_time_is_returned(module):
    async with provider(b"authorised\n") as port:
        answer = await module.answered(authorise(port), "payments", LATE)
    assert answer == b"authorised\n"


@pytest.mark.parametrize("module", [deadline, deadline_broken])
async def test_no_connection_is_an_error_of_the_provider(module, nobody):
    with pytest.raises(ExternalApiError) as caught:
        await module.answered(authorise(nobody), "payments", LATE)
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


async def test_the_call_is_cancelled():
    ended = asyncio.Event()

    async def call():
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(ExternalApiError):
        await deadline.answered(call(), "payments", SOON)
    assert ended.is_set()


async def test_a_call_that_swallows_its_cancellation_is_waited_for():
    swallowed, release = asyncio.Event(), asyncio.Event()

    async def call():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        swallowed.set()
        await release.wait()
        return "authorised, late"

    answer = asyncio.create_task(deadline.answered(call(), "payments", SOON))
    await swallowed.wait()
    assert not answer.done()
    release.set()
    assert await answer == "authorised, late"


async def test_a_caller_who_is_cancelled_gets_no_timeout():
    waiting = asyncio.Event()

    async def call():
        waiting.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(deadline.answered(call(), "payments", LATE))
    await waiting.wait()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()


async def test_the_errors_of_a_client_library_are_not_translated(nobody):
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.TransportError) as caught:
            await deadline.answered(
                client.get(f"http://127.0.0.1:{nobody}"), "payments", LATE
            )
    assert not isinstance(caught.value, OSError)
    assert not issubclass(RedisError, OSError)


def test_a_timeout_is_an_os_error():
    assert issubclass(TimeoutError, OSError)
    assert asyncio.TimeoutError is TimeoutError
