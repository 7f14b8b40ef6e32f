"""TaskGroup: an error surfaces, and nothing runs on behind its back."""

import asyncio

import pytest

from snippets.code_style import task_group, task_group_broken
from snippets.code_style.errors import ExternalApiError
from tests.support.twins import fix_and_twin

both = pytest.mark.parametrize("module", [task_group, task_group_broken])


async def done(_):
    pass


async def fails(order_id):
    raise ExternalApiError("The carrier is down", order_id=order_id)


@fix_and_twin(
    "module",
    task_group,
    task_group_broken,
    "The order is marked as fulfilled and no parcel was ever booked",
    raises=pytest.fail.Exception,
)
async def test_a_shipment_that_was_not_booked_is_an_error(module):
    with pytest.raises(ExceptionGroup) as caught:
        await module.fulfil("A-1", book_shipment=fails, write_invoice=done)

    assert caught.group_contains(ExternalApiError, match="carrier is down")


@both
async def test_both_steps_are_done(module):
    seen = []

    async def shipment(order_id):
        seen.append(("shipment", order_id))

    async def invoice(order_id):
        seen.append(("invoice", order_id))

    await module.fulfil("A-1", shipment, invoice)

    assert sorted(seen) == [("invoice", "A-1"), ("shipment", "A-1")]


async def test_the_other_step_is_cancelled_and_awaited():
    ended = []

    async def waits(_):
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("invoice")

    with pytest.raises(ExceptionGroup):
        await task_group.fulfil("A-1", fails, waits)

    assert ended == ["invoice"]


async def test_two_errors_are_both_reported():
    with pytest.raises(ExceptionGroup) as caught:
        await task_group.fulfil("A-1", fails, fails)

    assert len(caught.value.exceptions) == 2


async def test_plain_gather_raises_and_leaves_the_other_running():
    ended = []
    release = asyncio.Event()

    async def waits():
        await release.wait()
        ended.append("invoice")

    waiting = asyncio.create_task(waits())
    with pytest.raises(ExternalApiError):
        await asyncio.gather(fails("A-1"), waiting)

    assert not waiting.done()
    release.set()
    await waiting
    assert ended == ["invoice"]
