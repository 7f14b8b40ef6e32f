"""The saga on real PostgreSQL and a provider over HTTP: kills, refusals,
lost answers, several runners."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from snippets.event_driven.participants import RefusedError
from snippets.event_driven.saga_compensation_broken import BestEffortSagaRunner
from snippets.event_driven.saga_runner import SagaRunner, exponential_delay
from tests.snippets.event_driven.order_flow import (
    CENTS,
    COMPENSATED,
    DONE,
    Outcome,
    order_flow,
    start_and_kill_while_charging,
)
from tests.snippets.event_driven.order_saga_process import WAYS
from tests.support.twins import fix_and_twin
from tests.support.until import async_until


@pytest.fixture
async def flow(asyncpg_url, provider):
    async with order_flow(asyncpg_url, provider.url) as flow:
        yield flow


async def start_and_kill_at_step_3(way, database, provider):
    await start_and_kill_while_charging(
        provider,
        "order_saga_process",
        *[way, database, provider.url, str(uuid4())],
    )


@pytest.mark.parametrize(
    "way",
    [
        "fix",
        pytest.param(
            "in memory",
            marks=[
                pytest.mark.xfail(
                    strict=True,
                    raises=AssertionError,
                    reason="The customer has paid, the order stays pending and "
                    "its pieces reserved, for ever",
                ),
                pytest.mark.child_process("event_driven.saga_in_memory_broken"),
            ],
        ),
    ],
)
async def test_a_saga_outlives_the_process_that_ran_it(
    asyncpg_url, provider, flow, way
):
    await start_and_kill_at_step_3(way, asyncpg_url, provider)
    if await flow.outcome(provider) != Outcome("pending", 8, (CENTS,)):
        raise RuntimeError("it was not at step 3")

    await flow.settle()

    assert await flow.outcome(provider) == DONE


@pytest.mark.parametrize("run", WAYS.values(), ids=WAYS)
async def test_undisturbed_both_ways_complete(flow, provider, run):
    await run(flow, uuid4())
    assert await flow.outcome(provider) == DONE


@pytest.mark.parametrize("run", WAYS.values(), ids=WAYS)
async def test_alive_both_ways_compensate_a_declined_payment(
    flow, provider, run
):
    provider.declines = True
    await run(flow, uuid4())
    assert await flow.outcome(provider) == COMPENSATED


class FailsOnce:
    """A participant's method whose first call does not get through."""

    def __init__(self, method):
        self._method, self.calls = method, 0

    async def __call__(self, *arguments):
        self.calls += 1
        if self.calls == 1:
            raise ConnectionError("the warehouse is away")
        await self._method(*arguments)


@fix_and_twin(
    "kind",
    SagaRunner,
    BestEffortSagaRunner,
    "The saga says compensated; two pieces stay reserved "
    "for an order that was cancelled",
)
async def test_a_failed_compensation_is_repeated_until_it_holds(
    flow, provider, kind
):
    provider.declines = True
    flow.stock.release = FailsOnce(flow.stock.release)
    await flow.start_saga()

    await flow.settle(flow.runner(kind))

    assert await flow.rows("select status from sagas") == [("compensated",)]
    assert await flow.outcome(provider) == COMPENSATED


async def test_when_all_can_be_undone_the_best_effort_suffices(flow, provider):
    provider.declines = True
    await flow.start_saga()
    await flow.settle(flow.runner(BestEffortSagaRunner))
    assert await flow.outcome(provider) == COMPENSATED


async def test_a_failing_step_does_not_make_best_effort_forget(flow, provider):
    provider.unavailable = 1
    await flow.start_saga()
    await flow.settle(flow.runner(BestEffortSagaRunner))
    assert await flow.outcome(provider) == DONE


async def test_a_refusal_undoes_what_was_done(flow, provider):
    await flow.execute("update free_stock set free = 1")
    await flow.start_saga()

    await flow.runner().run_once()

    assert await flow.outcome(provider) == Outcome("cancelled", 1, ())
    assert provider.requests == []


async def test_the_step_that_was_refused_is_not_undone(flow):
    flow.stock.release = FailsOnce(flow.stock.release)
    await flow.execute("update free_stock set free = 1")
    await flow.start_saga()

    await flow.runner().run_once()

    assert flow.stock.release.calls == 0


async def test_a_lost_answer_is_asked_for_again_under_the_same_key(
    flow, provider
):
    provider.loses_answers = 2
    order_id = await flow.start_saga()

    await flow.settle()

    assert await flow.outcome(provider) == DONE
    assert provider.requests == [f"{order_id}:charge_payment"] * 3


async def test_the_pivot_is_never_given_up(flow, provider):
    provider.unavailable = 20
    await flow.start_saga()

    await flow.settle(flow.runner(give_up_after=2))

    assert await flow.outcome(provider) == DONE


async def test_behind_the_pivot_even_a_refusal_is_repeated(flow, provider):
    async def refuse(_):
        raise RefusedError("this order cannot be confirmed")

    flow.orders.confirm = refuse
    await flow.start_saga()
    runner = flow.runner()
    await runner.run_once()
    await runner.run_once()

    assert await flow.rows("select status, attempts, error from sagas") == [
        ("running", 2, "RefusedError('this order cannot be confirmed')")
    ]
    del flow.orders.confirm
    await flow.settle()
    assert await flow.outcome(provider) == DONE


async def test_a_step_given_up_before_the_pivot_is_undone_too(flow, provider):
    reserve = flow.stock.reserve

    async def reserve_without_answer(*arguments):
        await reserve(*arguments)
        raise ConnectionError("the answer is lost")

    flow.stock.reserve = reserve_without_answer
    await flow.start_saga()

    await flow.settle(flow.runner(give_up_after=3))

    assert await flow.outcome(provider) == COMPENSATED
    assert provider.requests == []


async def test_a_step_that_hangs_is_cut_off_and_repeated(
    flow, provider, monkeypatch
):
    timeout, deadlines, reserve = asyncio.timeout, [], flow.stock.reserve

    def noted_timeout(seconds):
        deadlines.append((seconds, timeout(seconds)))
        return deadlines[-1][1]

    async def hang_once(*arguments):
        flow.stock.reserve = reserve
        seconds, deadline = deadlines[-1]
        assert seconds == 15
        deadline.reschedule(0)  # they have passed
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio, "timeout", noted_timeout)
    flow.stock.reserve = hang_once
    await flow.start_saga()

    await flow.work(flow.runner(lease=timedelta(seconds=30)))

    assert flow.stock.reserve is reserve
    assert await flow.outcome(provider) == DONE


async def test_a_step_that_was_cancelled_by_others_has_failed(flow, provider):
    """It awaited a task, or a pool, that somebody else cancelled."""
    charge, failures = flow.payments.charge, [asyncio.CancelledError()]

    async def fail_once(*arguments):
        if failures:
            raise failures.pop()
        await charge(*arguments)

    flow.payments.charge = fail_once
    await flow.start_saga()
    runner = flow.runner()
    await runner.run_once()
    assert await flow.rows("select step, attempts, error from sagas") == [
        (2, 1, "StrayCancellationError()")
    ]

    await runner.run_once()
    assert await flow.outcome(provider) == DONE


async def test_an_error_that_cannot_be_stored_as_it_is_counts(flow):
    """Or its step would run for ever, `give_up_after` or not."""

    class QuotesInputError(Exception):
        def __repr__(self):
            return "input_value='\0\ud83d'"

    async def fail(*_):
        raise QuotesInputError

    flow.stock.reserve = fail
    await flow.start_saga()
    await flow.runner().run_once()

    assert await flow.rows("select attempts, error from sagas") == [
        (1, "input_value='\\x00\\ud83d'")
    ]


async def test_what_a_step_does_to_its_data_no_other_step_sees(flow, provider):
    """It would not see it after a crash either."""
    definition = flow.definition
    first, *others = definition.undoable

    async def run_and_edit(key, data):
        await first.run(key, data)
        data.clear()

    edited = replace(first, run=run_and_edit)
    await flow.start_saga()
    await SagaRunner(
        flow.engine, [replace(definition, undoable=(edited, *others))]
    ).run_once()

    assert await flow.outcome(provider) == DONE


async def test_a_refusal_in_a_group_is_none(flow):
    """Of a step that asks two at once, one was refused; what of the other?"""

    async def refuse(*_):
        raise ExceptionGroup("tasks", [RefusedError("sold out")])

    flow.stock.reserve = refuse
    await flow.start_saga()
    await flow.runner().run_once()

    assert await flow.rows("select status, attempts from sagas") == [
        ("running", 1)
    ]


async def test_one_slow_saga_does_not_hold_up_the_others(flow, provider):
    reserve, hung = flow.stock.reserve, asyncio.Event()

    async def hang_first(*arguments):
        if not hung.is_set():
            hung.set()
            await asyncio.Event().wait()
        await reserve(*arguments)

    flow.stock.reserve = hang_first
    await flow.start_saga()
    working = asyncio.create_task(flow.runner().run(idle=timedelta(0)))
    await hung.wait()
    await flow.start_saga()
    await async_until(lambda: provider.charges)

    working.cancel()
    await asyncio.wait({working})
    assert working.cancelled()


async def test_the_next_attempt_waits_and_survives_the_runner(flow, provider):
    provider.unavailable = 1
    await flow.start_saga()
    await flow.runner(delay=lambda _: timedelta(days=1)).run_once()

    assert not await flow.runner().run_once()
    assert await flow.rows(
        "select status, step, attempts, due_at > now() + interval '23 hours'"
        " from sagas"
    ) == [("running", 2, 1, True)]

    await flow.settle()
    assert await flow.outcome(provider) == DONE


async def test_two_runners_share_the_work(flow, provider):
    for _ in range(4):
        await flow.start_saga()

    async def work():
        runner, count = flow.runner(), 0
        while await runner.run_once():
            count += 1
        return count

    counts = await asyncio.gather(work(), work())

    assert sum(counts) == 4
    assert len(provider.requests) == len(provider.charges) == 4


async def test_a_runner_that_lost_its_lease_stops(flow, provider, caplog):
    """It wakes up after another has taken over, and writes nothing."""
    overtaken = []

    async def charge_and_be_overtaken(key, cents):
        if not overtaken:
            overtaken.append(key)
            await flow.settle()
        await charge(key, cents)

    charge = flow.payments.charge
    flow.payments.charge = charge_and_be_overtaken
    flow.orders.confirm = FailsOnce(flow.orders.confirm)
    await flow.start_saga()
    await flow.runner().run_once()

    assert await flow.outcome(provider) == DONE
    assert flow.orders.confirm.calls == 2  # both by the other runner
    assert "goes on in another runner" in caplog.text


async def test_a_runner_looks_again_until_it_is_cancelled(flow, provider):
    runner, in_vain = flow.runner(), asyncio.Event()
    look = runner.run_once

    async def look_and_tell():
        found = await look()
        if not found:
            in_vain.set()
        return found

    runner.run_once = look_and_tell
    working = asyncio.create_task(runner.run(idle=timedelta(0)))
    await in_vain.wait()
    await flow.start_saga()
    await flow.finished()
    working.cancel()
    await asyncio.wait({working})

    assert working.cancelled()
    assert await flow.outcome(provider) == DONE


async def test_a_lost_database_connection_is_survived(
    flow, provider, postgres_url, caplog
):
    runner, failed = flow.runner(), asyncio.Event()
    look = runner.run_once

    async def look_and_tell():
        try:
            return await look()
        except DBAPIError:
            failed.set()
            raise

    assert not await look()
    runner.run_once = look_and_tell
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    working = asyncio.create_task(runner.run(idle=timedelta(0)))
    await failed.wait()
    await flow.start_saga()
    await flow.finished()
    working.cancel()
    await asyncio.wait({working})

    assert await flow.outcome(provider) == DONE
    assert "Sagas go on" in caplog.text


def test_delays_double_up_to_ten_minutes():
    seconds = [exponential_delay(n).total_seconds() for n in (1, 2, 3, 11, 99)]
    assert seconds == [1, 2, 4, 600, 600]
