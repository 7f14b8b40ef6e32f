"""Stored sagas: claims, leases, progress, on real PostgreSQL."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.domain_driven_design.persistence import Base
from snippets.event_driven.saga import Saga, SagaStatus
from snippets.event_driven.saga_store import (
    LeaseLostError,
    SagaStore,
    start,
)
from tests.support.databases import LEVELS, UNSTORABLE

MINUTE, NONE = timedelta(minutes=1), timedelta(0)


@pytest.fixture
async def engine(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()


@pytest.fixture
def store(engine):
    return SagaStore(engine)


async def started(engine, name="order", **data):
    saga = Saga(id=uuid4(), name=name, data=data)
    async with engine.begin() as connection:
        await start(connection, saga)
    return saga


async def test_a_saga_comes_back_as_it_was_saved(engine, store):
    saga = await started(engine, sku="TEA")
    first = await store.claim({"order"}, NONE)
    first.step, first.attempts, first.error = 2, 3, "no answer"
    first.status = SagaStatus.COMPENSATING
    await store.save(first, NONE)

    again = await store.claim({"order"}, MINUTE)

    assert again == Saga(
        id=saga.id,
        name="order",
        data={"sku": "TEA"},
        status=SagaStatus.COMPENSATING,
        step=2,
        attempts=3,
        error="no answer",
        version=2,
    )


@pytest.mark.parametrize("level", LEVELS)
async def test_claims_at_once_do_not_fail_whatever_the_engines_level(
    engine, at_level, level
):
    other = at_level(level)
    stores = [SagaStore(other) for _ in range(8)]
    for _ in range(8):
        await started(engine)

    claims = await asyncio.gather(
        *(store.claim({"order"}, MINUTE) for store in stores)
    )

    assert [saga.version for saga in claims if saga] == [1] * 8
    assert len({saga.id for saga in claims if saga}) == 8


async def test_it_starts_with_what_it_is_committed_with_or_not_at_all(
    engine, store
):
    saga = Saga(id=uuid4(), name="order", data={})
    async with engine.connect() as connection:
        await start(connection, saga)
        await connection.rollback()
    assert await store.claim({"order"}, MINUTE) is None


async def test_a_repeated_start_changes_nothing(engine, store):
    saga = await started(engine)
    claimed = await store.claim({"order"}, NONE)
    claimed.step = 1
    await store.save(claimed, NONE)

    async with engine.begin() as connection:
        await start(connection, saga)

    assert (await store.claim({"order"}, MINUTE)).step == 1


async def test_a_claimed_saga_is_left_alone_until_its_lease_runs_out(
    engine, store
):
    saga = await started(engine)
    assert (await store.claim({"order"}, MINUTE)).id == saga.id
    assert await store.claim({"order"}, MINUTE) is None

    async with engine.begin() as connection:
        await connection.execute(text("update sagas set due_at = now()"))
    assert (await store.claim({"order"}, MINUTE)).id == saga.id


async def test_a_row_that_another_is_just_claiming_is_skipped(engine, store):
    first = await started(engine)
    second = await started(engine)
    async with engine.begin() as other:
        await other.execute(
            text("select 1 from sagas where id = :id for update"),
            {"id": first.id},
        )
        assert (await store.claim({"order"}, MINUTE)).id == second.id


async def test_who_lost_the_lease_saves_nothing(engine, store):
    await started(engine)
    late = await store.claim({"order"}, NONE)
    await store.claim({"order"}, NONE)
    late.step = 1

    with pytest.raises(LeaseLostError):
        await store.save(late, NONE)

    assert (await store.claim({"order"}, MINUTE)).step == 0


async def test_an_ended_saga_is_never_due(engine, store):
    await started(engine)
    saga = await store.claim({"order"}, MINUTE)
    saga.status = SagaStatus.COMPLETED
    await store.save(saga, NONE)
    assert await store.claim({"order"}, MINUTE) is None


async def test_a_runner_gets_only_the_kinds_it_knows(engine, store):
    await started(engine, name="refund")
    assert await store.claim({"order"}, MINUTE) is None


@pytest.mark.parametrize("text", UNSTORABLE)
async def test_what_no_table_can_hold_is_no_saga(engine, store, text):
    for saga in (
        Saga(id=uuid4(), name=text, data={}),
        Saga(id=uuid4(), name="order", data={"lines": [{"sku": text}]}),
    ):
        async with engine.begin() as connection:
            with pytest.raises(ValueError, match="cannot store"):
                await start(connection, saga)
    assert await store.claim({"order"}, MINUTE) is None
