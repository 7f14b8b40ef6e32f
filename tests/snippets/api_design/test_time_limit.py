"""Time limit: who is late, and what is never cut off."""

import asyncio
import socket
import threading
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Annotated

import httpx
import pytest
from fastapi import Body, FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import text

from snippets.api_design.time_limit import TimeLimit
from snippets.architecture_patterns.request_session import RequestSession
from snippets.database_patterns.models import BuyerRow
from tests.support.http import served

SHORT = timedelta(milliseconds=50)
LONG = timedelta(hours=1)


def limited(within):
    app = FastAPI()
    app.add_middleware(TimeLimit, within=within)
    return app


@asynccontextmanager
async def asking(app):
    """A client of the application on a real server."""
    async with (
        served(app) as address,
        httpx.AsyncClient(base_url=address, timeout=40) as client,
    ):
        yield client


async def get(app):
    async with asking(app) as client:
        return await client.get("/")


async def test_what_is_done_in_time_is_answered():
    app = limited(LONG)

    @app.post("/")
    async def echo(word: Annotated[str, Body()]) -> str:
        return word

    async with asking(app) as client:
        response = await client.post("/", json="tea")
    assert (response.status_code, response.json()) == (200, "tea")


async def test_what_takes_too_long_is_cancelled_and_answered():
    app, ended = limited(SHORT), []

    @app.get("/")
    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    response = await get(app)
    assert response.status_code == 503
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["Retry-After"] == "5"
    assert ended == [True]


async def test_what_was_written_is_rolled_back(engine):
    app = limited(timedelta(milliseconds=500))
    app.state.engine = engine

    @app.get("/")
    async def slow(session: RequestSession) -> None:
        session.add(BuyerRow(email="ann@example.com", name="Ann"))
        await session.flush()
        await session.execute(text("select pg_sleep(3600)"))

    assert (await get(app)).status_code == 503
    async with engine.connect() as connection:
        buyers = await connection.scalar(text("select count(*) from buyers"))
    assert buyers == 0


async def test_a_thread_goes_on():
    """Python cannot end one: the client is answered all the same."""
    app, go = limited(SHORT), threading.Event()
    started, ended = threading.Event(), threading.Event()

    @app.get("/")
    def blocks() -> None:
        started.set()
        go.wait(30)
        ended.set()

    async with asking(app) as client:
        while not started.is_set():  # the limit may come before the thread
            assert (await client.get("/")).status_code == 503
    assert not ended.is_set()
    go.set()
    assert await asyncio.to_thread(ended.wait, 30)


def request(address, head, body=b""):
    """What comes back until the server closes the connection."""
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as client:
        client.sendall(head.replace(b"\n", b"\r\n") + body)
        received = b""
        while chunk := client.recv(65536):
            received += chunk
    return received


@pytest.mark.parametrize(
    "head",
    [b"Content-Length: 50\n\n", b"Transfer-Encoding: chunked\n\n5\n"],
    ids=["announced", "chunked"],
)
async def test_a_body_that_does_not_come_is_not_waited_for(head):
    app = limited(SHORT)

    @app.post("/")
    async def read(body: Annotated[list[int], Body()]) -> None:
        raise AssertionError("it never came")

    async with served(app) as address:
        start = b"POST / HTTP/1.1\nHost: x\nContent-Type: application/json\n"
        answer = await asyncio.to_thread(request, address, start + head, b"[1,")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer


async def drive(app, scope=None, **messages):
    """The middleware without a server; what was sent."""
    sent = []
    inbox = messages.get("inbox", [])

    async def receive():
        return inbox.pop(0)

    async def send(message):
        sent.append(message["type"])

    limit = TimeLimit(app, messages.get("within", SHORT))
    await limit(scope or {"type": "http"}, receive, send)
    return sent


async def test_an_answer_that_has_begun_is_not_cut_off():
    async def streams(scope, receive, send):
        await send({"type": "http.response.start"})
        await asyncio.sleep(4 * SHORT.total_seconds())
        await send({"type": "http.response.body"})

    assert await drive(streams) == [
        "http.response.start",
        "http.response.body",
    ]


async def test_a_body_that_was_slow_and_came_is_no_excuse():
    async def hangs(scope, receive, send):
        assert (await receive())["more_body"]
        await receive()
        await asyncio.Event().wait()

    parts = [
        {"type": "http.request", "more_body": True},
        {"type": "http.request", "more_body": False},
    ]
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return parts.pop(0)

    await TimeLimit(hangs, SHORT)({"type": "http"}, receive, send)
    assert sent[0]["status"] == 503


async def test_to_wait_for_the_client_to_hang_up_is_not_to_wait_for_a_body():
    sent = []
    parts = [{"type": "http.request"}]

    async def waits(scope, receive, send):
        await receive()
        await receive()

    async def receive():
        if parts:
            return parts.pop()
        return await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    await TimeLimit(waits, SHORT)({"type": "http"}, receive, send)
    assert sent[0]["status"] == 503


async def test_an_applications_own_timeout_is_not_the_limit():
    async def fails(scope, receive, send):
        raise TimeoutError("of the database")

    with pytest.raises(TimeoutError, match="of the database"):
        await drive(fails, within=LONG)


async def test_who_misses_the_cancellation_answers_late():
    """As `asyncio.wait_for` of Python 3.11 may."""

    async def misses_it(scope, receive, send):
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await send({"type": "http.response.start"})
        await send({"type": "http.response.body"})

    assert await drive(misses_it) == [
        "http.response.start",
        "http.response.body",
    ]


async def test_no_answer_is_begun_twice():
    async def begins_late(scope, receive, send):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await send({"type": "http.response.start"})
            raise

    with pytest.raises(TimeoutError):
        await drive(begins_late)


async def test_only_requests_are_limited():
    async def lives(scope, receive, send):
        await asyncio.sleep(2 * SHORT.total_seconds())
        await send({"type": "lifespan.startup.complete"})

    sent = await drive(lives, {"type": "lifespan"})
    assert sent == ["lifespan.startup.complete"]


async def test_a_streaming_response_outlives_the_limit():
    app = limited(timedelta(seconds=2))

    async def lines():
        yield "one"
        await asyncio.sleep(0)
        yield "two"

    @app.get("/")
    async def stream() -> StreamingResponse:
        return StreamingResponse(lines())

    assert (await get(app)).text == "onetwo"


async def test_a_client_that_hangs_up_ends_nothing_else():
    app, started = limited(LONG), asyncio.Event()
    go = asyncio.Event()

    @app.get("/slow")
    async def slow() -> int:
        started.set()
        await go.wait()
        return 1

    async with asking(app) as client:
        first = asyncio.create_task(client.get("/slow"))
        await started.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        go.set()
        assert (await client.get("/slow")).json() == 1
