"""One delivery: what cannot be read or fails is said, and is no success."""

import asyncio

import pytest

from snippets.event_driven.delivery import NotSubscribedError, read, succeeds
from tests.snippets.event_driven.buses import (
    CANCELLED,
    PLACED,
    Received,
    an_event,
)


async def test_an_event_is_handed_over():
    stock, event = Received(), an_event()

    assert await succeeds(event.to_json(), {PLACED}, stock, "one")
    assert stock.events == [event]


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff", an_event(CANCELLED).to_json()],
    ids=["nothing", "no text", "another event"],  # which has a random id
)
async def test_what_is_no_such_event_is_not(body, caplog):
    stock = Received()

    assert not await succeeds(body, {PLACED}, stock, "delivery 2 of 7")
    assert stock.events == []
    assert "Not handled: delivery 2 of 7" in caplog.text


def test_an_event_of_another_type_is_told_from_text_that_is_none():
    with pytest.raises(NotSubscribedError, match=CANCELLED):
        read(an_event(CANCELLED).to_json(), {PLACED})


class PanicException(BaseException):
    """As PyO3 has it."""


@pytest.mark.parametrize(
    "error",
    [
        ConnectionError("the database is away"),
        asyncio.CancelledError(),
        BaseExceptionGroup("of a bus", [asyncio.CancelledError()]),
        PanicException("index out of bounds"),
        GeneratorExit(),
    ],
    ids=repr,
)
async def test_whatever_the_handler_raises_is_a_failure(error):
    async def handler(event):
        raise error

    assert not await succeeds(an_event().to_json(), {PLACED}, handler, "one")


async def test_one_that_stops_the_task_stops_it():
    started = asyncio.Event()

    async def handler(event):
        started.set()
        await asyncio.Event().wait()

    delivery = asyncio.create_task(
        succeeds(an_event().to_json(), {PLACED}, handler, "one")
    )
    await started.wait()
    delivery.cancel()

    with pytest.raises(asyncio.CancelledError):
        await delivery
