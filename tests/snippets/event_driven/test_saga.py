"""The saga: its transitions, and the proof that it may die anywhere."""

from uuid import uuid4

import pytest

from guide.evidence.crash_points import HELD, Report
from snippets.event_driven.participants import RefusedError
from snippets.event_driven.saga import (
    Saga,
    SagaDefinition,
    SagaStatus,
    Step,
    UndoableStep,
)
from snippets.event_driven.saga_compensation_broken import BestEffortSagaRunner
from snippets.event_driven.saga_runner import SagaRunner
from tests.snippets.event_driven.order_flow import (
    COMPENSATED,
    DONE,
    Outcome,
    order_flow,
)
from tests.snippets.event_driven.order_saga_process import with_outage

ORDER = uuid4()


async def nothing(_, __):
    """What a step does is of no interest here."""


DEFINITION = SagaDefinition(
    name="order",
    undoable=(
        UndoableStep("place", nothing, nothing),
        UndoableStep("reserve", nothing, nothing),
    ),
    pivot=Step("charge", nothing),
    forward=(Step("confirm", nothing),),
)
UNKNOWN, NO = ConnectionError("no answer"), RefusedError("declined")
NOTHING_HAPPENED = Outcome(None, 10, ())
ME = "tests.snippets.event_driven.order_saga_process"


@pytest.fixture
async def flow(asyncpg_url, provider):
    async with order_flow(asyncpg_url, provider.url) as flow:
        await flow.execute("create table outages (name text)")
        yield flow


class Everywhere:
    """One order's saga, killed at every boundary of one way of running it."""

    def __init__(self, crash_points, flow, provider):
        self._crash_points = crash_points
        self._flow, self._provider = flow, provider

    async def prepare(self):
        await self._flow.execute(
            "with a as (delete from sagas), b as (delete from order_progress),"
            " c as (delete from reservations),"
            " d as (insert into outages values ('warehouse'))"
            " update free_stock set free = 10"
        )
        self._provider.forget()

    async def killed(self, operation, way, runner=SagaRunner):
        async def settle():
            await self._flow.settle(self._flow.runner(runner))
            outcome = await self._flow.outcome(self._provider)
            if outcome in {DONE, COMPENSATED, NOTHING_HAPPENED}:
                return HELD
            return symptom(outcome)

        return await self._crash_points(
            f"{ME}:{operation}",
            way,
            self._flow.engine.url.render_as_string(hide_password=False),
            self._provider.url,
            str(ORDER),
            prepare=self.prepare,
            settle=settle,
        )


def symptom(outcome):
    """What the customer or the warehouse would complain about."""
    paid = "paid" if outcome.charged else "not paid"
    reserved = f"{10 - outcome.free} reserved"
    return f"order {outcome.order}, {paid}, {reserved}"


@pytest.fixture
def everywhere(crash_points, flow, provider):
    return Everywhere(crash_points, flow, provider)


def ways(**twins):
    return pytest.mark.parametrize(
        "way",
        [
            "fix",
            *(
                pytest.param(
                    way.replace("_", " "),
                    marks=[
                        pytest.mark.xfail(
                            strict=True, raises=AssertionError, reason=reason
                        ),
                        pytest.mark.child_process(f"event_driven.{module}"),
                    ],
                )
                for way, (module, reason) in twins.items()
            ),
        ],
    )


@ways(
    in_memory=(
        "saga_in_memory_broken",
        "Killed between two steps, the order stays pending with its pieces "
        "reserved, paid or not, and nobody knows",
    )
)
@pytest.mark.timeout(240)
async def test_killed_anywhere_a_paid_order_is_done_or_undone(everywhere, way):
    outcomes = await everywhere.killed("main", way)
    Report("event_driven", "saga_paid", way, outcomes).save()
    assert set(outcomes.values()) == {HELD}


@ways(
    best_effort=(
        "saga_compensation_broken",
        "The warehouse was away for a moment, and the cancelled order keeps "
        "its pieces",
    ),
)
@pytest.mark.timeout(240)
async def test_killed_anywhere_a_declined_order_is_undone(
    everywhere, flow, provider, way
):
    provider.declines = True
    with_outage(flow)
    runner = BestEffortSagaRunner if way == "best effort" else SagaRunner
    outcomes = await everywhere.killed("main_with_outage", way, runner)
    Report("event_driven", "saga_declined", way, outcomes).save()
    assert set(outcomes.values()) == {HELD}


def at(step, status=SagaStatus.RUNNING, attempts=0):
    return Saga(
        id=ORDER,
        name="order",
        data={},
        step=step,
        status=status,
        attempts=attempts,
    )


def where(saga):
    return saga.status, saga.step, saga.attempts


def test_the_last_step_completes_it():
    saga = at(0)
    for _ in DEFINITION.steps:
        assert not saga.has_ended
        saga.succeeded(DEFINITION)
    assert saga.has_ended
    assert saga.status is SagaStatus.COMPLETED


def test_going_back_ends_before_the_first_step():
    saga = at(1, SagaStatus.COMPENSATING)
    saga.succeeded(DEFINITION)
    assert where(saga) == (SagaStatus.COMPENSATING, 0, 0)
    saga.succeeded(DEFINITION)
    assert saga.has_ended
    assert saga.status is SagaStatus.COMPENSATED


@pytest.mark.parametrize("step", [1, 2])
def test_a_refusal_up_to_the_pivot_undoes_the_steps_before(step):
    saga = at(step, attempts=2)
    saga.failed(NO, DEFINITION, give_up_after=5)
    assert where(saga) == (SagaStatus.COMPENSATING, step - 1, 0)
    assert saga.error == "RefusedError('declined')"


def test_a_refused_first_step_leaves_nothing_to_undo():
    saga = at(0)
    saga.failed(NO, DEFINITION, give_up_after=5)
    assert saga.status is SagaStatus.COMPENSATED


def test_an_unknown_outcome_before_the_pivot_is_repeated_then_undone():
    saga = at(1)
    saga.failed(UNKNOWN, DEFINITION, give_up_after=2)
    assert where(saga) == (SagaStatus.RUNNING, 1, 1)
    saga.failed(UNKNOWN, DEFINITION, give_up_after=2)
    assert where(saga) == (SagaStatus.COMPENSATING, 1, 0)


def test_an_unknown_outcome_of_the_pivot_is_repeated_until_it_is_known():
    saga = at(2)
    for _ in range(50):
        saga.failed(UNKNOWN, DEFINITION, give_up_after=2)
    assert where(saga) == (SagaStatus.RUNNING, 2, 50)


@pytest.mark.parametrize("error", [NO, UNKNOWN])
def test_behind_the_pivot_there_is_only_forward(error):
    saga = at(3)
    saga.failed(error, DEFINITION, give_up_after=1)
    assert where(saga) == (SagaStatus.RUNNING, 3, 1)


@pytest.mark.parametrize("error", [NO, UNKNOWN])
def test_an_undo_is_repeated_whatever_the_error(error):
    saga = at(1, SagaStatus.COMPENSATING)
    saga.failed(error, DEFINITION, give_up_after=1)
    assert where(saga) == (SagaStatus.COMPENSATING, 1, 1)


def test_a_key_tells_saga_and_step_and_nothing_else():
    first, later = at(2), at(2, SagaStatus.COMPENSATING, attempts=7)
    assert first.key(DEFINITION.pivot) == f"{ORDER}:charge"
    assert later.key(DEFINITION.pivot) == first.key(DEFINITION.pivot)
