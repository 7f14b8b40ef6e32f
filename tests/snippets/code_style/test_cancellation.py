"""Cancellation: a worker that is told to stop charges nobody any more."""

import asyncio

import pytest

from snippets.code_style import cancellation, cancellation_broken
from snippets.code_style.errors import ExternalApiError

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


@pytest.mark.parametrize(
    "module",
    [
        pytest.param(cancellation, id="fix"),
        pytest.param(
            cancellation_broken,
            id="broken",
            marks=pytest.mark.xfail(
                strict=True,
                raises=AssertionError,
                reason="Told to shut down, the worker drops the payment in "
                "hand, charges the next, and the process hangs",
            ),
        ),
    ],
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


async def test_a_bug_ends_the_worker():
    async def charge(payment_id):
        raise KeyError(payment_id)

    with pytest.raises(KeyError):
        await cancellation.charge_payments(queued("P-1"), charge)


def test_cancelled_error_is_no_exception():
    assert issubclass(asyncio.CancelledError, BaseException)
    assert not issubclass(asyncio.CancelledError, Exception)
