"""Cancellation: who is told to stop, how often, and a worker that obeys.

The table on the page is proven over a real uvicorn: see `Witness`.
"""

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
import textwrap

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from starlette.middleware.base import BaseHTTPMiddleware

from guide.layout import ROOT
from snippets.code_style import (
    cancellation,
    cancellation_broken,
    cancellation_foreign_broken,
)
from snippets.code_style.cleanup import to_the_end
from snippets.code_style.errors import ExternalApiError
from tests.support.process import running as running_process
from tests.support.twins import fix_and_twin
from tests.support.until import async_until

both = pytest.mark.parametrize("module", [cancellation, cancellation_broken])


class Gateway:
    """Notes what it is asked to charge; answers when the test lets it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.busy = asyncio.Event()
        self.release = asyncio.Event()

    async def charge(self, payment_id: str) -> None:
        self.asked.append(payment_id)
        self.busy.set()
        await self.release.wait()


def queued(*payments):
    queue = asyncio.Queue()
    for payment in payments:
        queue.put_nowait(payment)
    return queue


@fix_and_twin(
    "module",
    cancellation,
    cancellation_broken,
    "Told to stop, the worker drops the payment in hand, "
    "charges the next, and never ends",
)
async def test_a_cancelled_worker_stops(module):
    gateway = Gateway()
    worker = asyncio.create_task(
        module.charge_payments(queued("P-1", "P-2"), gateway.charge)
    )
    await gateway.busy.wait()
    worker.cancel()
    for _ in range(5):
        await asyncio.sleep(0)  # whatever is ready runs
    charged, stopped = list(gateway.asked), worker.done()
    while not worker.done():
        worker.cancel()  # the twin stops at the second wait, on its queue
        await asyncio.sleep(0)

    assert charged == ["P-1"]
    assert stopped


@both
async def test_payments_are_charged_in_order_until_the_end(module):
    gateway = Gateway()
    gateway.release.set()

    await module.charge_payments(queued("P-1", "P-2", None), gateway.charge)

    assert gateway.asked == ["P-1", "P-2"]


async def test_one_that_fails_is_logged_and_the_next_is_charged(caplog):
    charged = []

    async def charge(payment_id):
        if payment_id == "P-1":
            raise ExternalApiError("The provider is down")
        charged.append(payment_id)

    await cancellation.charge_payments(queued("P-1", "P-2", None), charge)

    assert charged == ["P-2"]
    assert "P-1 was not charged" in caplog.text


@fix_and_twin(
    "module",
    cancellation,
    cancellation_foreign_broken,
    "One connection is cancelled under a payment, the "
    "worker ends without a word, and nobody is charged any more",
)
async def test_what_others_cancelled_does_not_end_the_worker(module):
    charged = []

    async def charge(payment_id):
        if payment_id == "P-1":
            connection = asyncio.get_running_loop().create_future()
            connection.cancel()
            await connection
        charged.append(payment_id)

    async with asyncio.TaskGroup() as workers:
        workers.create_task(
            module.charge_payments(queued("P-1", "P-2", None), charge)
        )

    assert charged == ["P-2"]


async def test_a_payment_that_was_cut_off_is_logged(caplog):
    async def charge(payment_id):
        raise asyncio.CancelledError(payment_id)

    await cancellation.charge_payments(queued("P-1", None), charge)

    assert "P-1 was cut off" in caplog.text


async def test_told_to_stop_it_stops_whatever_becomes_of_the_payment(caplog):
    """Its cancellation ended as another error, which is no reason to go on."""
    gateway = Gateway()

    async def charge(payment_id):
        try:
            await gateway.charge(payment_id)
        except asyncio.CancelledError:
            raise ExternalApiError("The provider has hung up") from None

    worker = asyncio.create_task(
        cancellation.charge_payments(queued("P-1", "P-2"), charge)
    )
    await gateway.busy.wait()
    worker.cancel()
    await asyncio.wait({worker})

    assert worker.cancelled()
    assert gateway.asked == ["P-1"]
    assert "The provider has hung up" in caplog.text


async def test_a_group_that_fails_is_not_taken_for_a_cancellation(caplog):
    """Before Python 3.13 it leaves `Task.cancelling()` one too high."""

    async def fail(payment_id):
        raise ExternalApiError("The provider is down")

    async def charge(payment_id):
        with contextlib.suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(fail(payment_id))
        raise asyncio.CancelledError(payment_id)

    await cancellation.charge_payments(queued("P-1", "P-2", None), charge)

    assert "P-2 was cut off" in caplog.text


async def test_the_twin_goes_on_after_an_error_of_the_shop(caplog):
    async def charge(payment_id):
        raise ExternalApiError("The provider is down")

    await cancellation_foreign_broken.charge_payments(
        queued("P-1", "P-2", None), charge
    )

    assert "P-2 was not charged" in caplog.text


async def test_a_bug_ends_the_worker():
    async def charge(payment_id):
        raise KeyError(payment_id)

    with pytest.raises(KeyError):
        await cancellation.charge_payments(queued("P-1"), charge)


def test_cancelled_error_is_no_exception():
    assert issubclass(asyncio.CancelledError, BaseException)
    assert not issubclass(asyncio.CancelledError, Exception)


class Witness:
    """Work that waits, then cleans up, and notes each cancellation.

    Cancelled "once" means: during twenty passes of the loop in its cleanup, no
    second cancellation came.
    """

    def __init__(self):
        self.seen = []
        self.waits, self.release = asyncio.Event(), asyncio.Event()
        self.ended = asyncio.Event()

    async def work(self):
        self.waits.set()
        try:
            await self.release.wait()
            self.seen.append("finished")
        except asyncio.CancelledError:
            self.seen.append("cancelled")
            raise
        finally:
            try:
                await self.clean_up()
            finally:
                self.ended.set()

    async def clean_up(self):
        try:
            await passes(20)
        except asyncio.CancelledError:
            self.seen.append("again")


async def passes(number):
    for _ in range(number):
        await asyncio.sleep(0)


@pytest.fixture
def witness():
    return Witness()


def app_of(witness, *middleware):
    app = FastAPI()
    for added in middleware:
        app.add_middleware(added)

    @app.get("/route")
    async def route() -> str:
        await witness.work()
        return "paid"

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def body():
            yield "pending\n"
            await witness.work()
            yield "paid\n"

        return StreamingResponse(body())

    return app


class PassOn(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        return await call_next(request)


class Client:
    """A raw connection, which can be closed before the answer is complete."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def asking(cls, server, path):
        client = cls(*await asyncio.open_connection("127.0.0.1", server.port))
        client.writer.write(
            f"GET {path} HTTP/1.1\r\nHost: shop.example\r\n\r\n".encode()
        )
        return client

    async def hang_up(self, server):
        """Returns when the server knows."""
        self.writer.close()
        await self.writer.wait_closed()
        await async_until(lambda: not server.server_state.connections)

    async def rest(self):
        text = (await self.reader.read()).decode()
        self.writer.close()
        await self.writer.wait_closed()
        return text


with_and_without_middleware = pytest.mark.parametrize(
    "middleware", [[], [PassOn]], ids=["plain", "middleware"]
)
routes_and_streams = pytest.mark.parametrize("path", ["/route", "/stream"])


@with_and_without_middleware
async def test_a_route_whose_client_hangs_up_runs_to_its_end(
    running, witness, middleware
):
    async with running(app_of(witness, *middleware)) as server:
        client = await Client.asking(server, "/route")
        await witness.waits.wait()
        await client.hang_up(server)
        await passes(20)
        witness.release.set()
        await witness.ended.wait()

    assert witness.seen == ["finished"]


@with_and_without_middleware
async def test_a_stream_whose_client_hangs_up_is_cancelled_at_every_await(
    running, witness, middleware
):
    async with running(app_of(witness, *middleware)) as server:
        client = await Client.asking(server, "/stream")
        await witness.waits.wait()
        await client.hang_up(server)
        await witness.ended.wait()

    assert witness.seen == ["cancelled", "again"]


async def test_a_request_that_is_asked_knows_that_its_client_hung_up(
    running, witness
):
    app = app_of(witness)

    @app.get("/asks")
    async def asks(request: Request) -> None:
        witness.waits.set()
        await async_until(request.is_disconnected)
        witness.ended.set()

    async with running(app) as server:
        client = await Client.asking(server, "/asks")
        await witness.waits.wait()
        await client.hang_up(server)
        await witness.ended.wait()


@routes_and_streams
async def test_a_timeout_cancels_once(running, witness, path):
    work = witness.work

    async def hurried_work():
        async with asyncio.timeout(None) as deadline:
            deadline.reschedule(0)  # long ago
            await work()

    witness.work = hurried_work
    async with running(app_of(witness)) as server:
        client = await Client.asking(server, path)
        await witness.ended.wait()
        await client.hang_up(server)

    assert witness.seen == ["cancelled"]


@routes_and_streams
async def test_a_shutdown_waits_for_as_long_as_it_takes(
    running, witness, path, caplog
):
    caplog.set_level("INFO", logger="uvicorn.error")
    async with running(app_of(witness)) as server:
        client = await Client.asking(server, path)
        await witness.waits.wait()
        server.should_exit = True
        await async_until(
            lambda: "Waiting for connections to close" in caplog.text
        )
        await passes(20)
        assert not server.stopped.done()
        witness.release.set()
        answer = await client.rest()
        await server.stopped

    assert "paid" in answer
    assert witness.seen == ["finished"]


@pytest.mark.parametrize(
    ("path", "seen"),
    [("/route", ["cancelled"]), ("/stream", ["cancelled", "again"])],
)
async def test_a_shutdown_with_a_limit_cancels(running, witness, path, seen):
    app = app_of(witness)
    async with running(app, timeout_graceful_shutdown=0) as server:
        client = await Client.asking(server, path)
        await witness.waits.wait()
        server.should_exit = True
        await witness.ended.wait()
        await client.rest()

    assert witness.seen == seen


@routes_and_streams
async def test_a_shutdown_with_a_limit_does_not_wait_for_the_cleanup(
    running, witness, path
):
    let_go = asyncio.Event()
    witness.clean_up = lambda: to_the_end(let_go.wait())
    app = app_of(witness)
    async with running(app, timeout_graceful_shutdown=0) as server:
        client = await Client.asking(server, path)
        await witness.waits.wait()
        server.should_exit = True
        await server.stopped
        assert witness.seen == ["cancelled"]
        assert not witness.ended.is_set()
        let_go.set()
        await witness.ended.wait()
        await client.rest()


SERVICE = textwrap.dedent(
    """
    import asyncio, datetime, socket, sys
    import fastapi, uvicorn
    from snippets.code_style.cleanup import to_the_end

    app = fastapi.FastAPI()

    @app.get("/")
    async def route():
        try:
            print("waits", flush=True)
            await asyncio.Event().wait()
        finally:
            print("cleans up", flush=True)
            try:
                give_back = asyncio.Event().wait()
                await to_the_end(give_back, datetime.timedelta(minutes=1))
            finally:
                print("has cleaned up", flush=True)

    listening = socket.socket(fileno=int(sys.argv[1]))
    config = uvicorn.Config(app, timeout_graceful_shutdown=0)
    uvicorn.Server(config).run([listening])
    """
)


def test_sigterm_ends_the_process_in_the_middle_of_the_cleanup():
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        running_process(
            [sys.executable, "-c", SERVICE, str(listening.fileno())],
            cwd=ROOT,
            pass_fds=[listening.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as service,
        socket.create_connection(listening.getsockname()) as client,
    ):
        client.sendall(b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")
        assert service.stdout.readline() == "waits\n"
        service.send_signal(signal.SIGTERM)
        assert service.stdout.read() == "cleans up\n"
        assert service.wait() == -signal.SIGTERM
