"""Unit of work on PostgreSQL: the outbox, lost connections, cancellation. The
contract is in test_unit_of_work.
"""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.architecture_patterns.new_order import place
from snippets.architecture_patterns.postgres_unit_of_work import (
    PostgresUnitOfWork,
)
from snippets.code_style.errors import DatabaseError
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order_line import OrderLine
from snippets.event_driven.outbox import OutboxRow
from snippets.event_driven.outbox_recorder import record_in_outbox
from tests.support.databases import LEVELS
from tests.support.until import async_until


def an_order():
    return place(uuid4(), (OrderLine("TEA-1", 2, Money.of("4.90", "EUR")),))


async def counts(engine):
    """How many orders and how many events are stored."""
    async with engine.connect() as connection:
        row = await connection.execute(
            text(
                "select (select count(*) from orders),"
                " (select count(*) from outbox)"
            )
        )
        return tuple(row.one())


async def add(engine, order, *, commit=True):
    async with PostgresUnitOfWork(engine, record_in_outbox) as work:
        await work.orders.add(order)
        if commit:
            await work.commit()


async def test_events_are_stored_with_their_order(engine):
    order = an_order()

    await add(engine, order)

    async with AsyncSession(engine) as session:
        (row,) = await session.scalars(select(OutboxRow))
    assert row.subject == f"order-{order.id}"
    assert row.event.type == "order.confirmed"
    assert row.event.data == {"order_id": str(order.id)}
    assert row.published_at is None


async def test_no_event_without_its_order(engine):
    await add(engine, an_order(), commit=False)

    assert await counts(engine) == (0, 0)


async def test_an_order_gives_its_events_to_one_operation_only(engine):
    order = an_order()
    await add(engine, order, commit=False)

    await add(engine, order)

    assert await counts(engine) == (1, 0)


async def test_events_come_in_the_order_in_which_things_happened(engine):
    order = an_order()
    await add(engine, order)
    async with PostgresUnitOfWork(engine, record_in_outbox) as work:
        changed = await work.orders.get(order.id)
        changed.cancel("by its customer")
        await work.orders.save(changed)
        await work.commit()

    async with AsyncSession(engine) as session:
        rows = await session.scalars(
            select(OutboxRow).order_by(OutboxRow.sequence)
        )
        assert [row.event.type for row in rows] == [
            "order.confirmed",
            "order.cancelled",
        ]


@pytest.mark.parametrize("level", LEVELS)
async def test_it_is_at_read_committed_whatever_the_engine_is(
    engine, at_level, level
):
    async with PostgresUnitOfWork(at_level(level), record_in_outbox) as work:
        await work.orders.add(an_order())
        transaction = await work._session.scalar(
            text("select current_setting('transaction_isolation')")
        )

    assert transaction == "read committed"
    assert await counts(engine) == (0, 0)


async def fail_at_work(engine, before=None):
    """Store an order, let ``before`` happen, then fail."""
    async with PostgresUnitOfWork(engine, record_in_outbox) as work:
        await work.orders.add(an_order())
        if before is not None:
            await before(engine, work)
        _ = 1 / 0


async def test_the_connection_is_given_back_whatever_happens(engine):
    await add(engine, an_order())
    await add(engine, an_order(), commit=False)
    with pytest.raises(ZeroDivisionError):
        await fail_at_work(engine)

    assert engine.pool.checkedout() == 0


async def test_a_commit_that_fails_keeps_nothing(engine):
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "alter table orders add unique (customer_id)"
                " deferrable initially deferred"
            )
        )
    order = an_order()
    await add(engine, order)
    another = place(order.customer_id, order.lines)

    with pytest.raises(IntegrityError):
        await add(engine, another)

    assert await counts(engine) == (1, 1)
    assert engine.pool.checkedout() == 0


async def cut(engine, work):
    """End the unit's server process, as a failover does."""
    pid = await work._session.scalar(text("select pg_backend_pid()"))
    async with engine.connect() as connection:
        await connection.execute(
            text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid}
        )


async def test_a_connection_lost_before_the_commit_is_storage_trouble(engine):
    async def add_and_lose_the_connection():
        async with PostgresUnitOfWork(engine, record_in_outbox) as work:
            await work.orders.add(an_order())
            await cut(engine, work)
            await work.commit()

    with pytest.raises(DatabaseError):
        await add_and_lose_the_connection()

    assert await counts(engine) == (0, 0)
    assert engine.pool.checkedout() == 0


@pytest.fixture
async def cut_at_commit(asyncpg_url):
    """An engine whose connection breaks between a COMMIT and its answer."""
    url = make_url(asyncpg_url)

    async def relay(
        client: asyncio.StreamReader, back: asyncio.StreamWriter
    ) -> None:
        answers, server = await asyncio.open_connection(url.host, url.port)

        async def answer() -> None:
            while data := await answers.read(65536):
                if committing:
                    break
                back.write(data)
            back.close()

        committing = False
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(answer())
            while data := await client.read(65536):
                committing = committing or b"COMMIT;" in data
                server.write(data)
            server.close()

    proxy = await asyncio.start_server(relay, "127.0.0.1", 0)
    host, port = proxy.sockets[0].getsockname()
    engine = create_async_engine(url.set(host=host, port=port))
    yield engine
    await engine.dispose()
    proxy.close()


async def test_a_commit_without_an_answer_may_have_been_kept(
    engine, cut_at_commit
):
    with pytest.raises(DatabaseError):
        await add(cut_at_commit, an_order())

    assert await counts(engine) == (1, 1)


async def test_a_lost_connection_hides_no_other_error(engine):
    with pytest.raises(ZeroDivisionError):
        await fail_at_work(engine, before=cut)

    await add(engine, an_order())
    assert await counts(engine) == (1, 1)


async def test_a_server_that_is_away_is_storage_trouble():
    engine = create_async_engine("postgresql+asyncpg://shop@127.0.0.1:1/shop")

    with pytest.raises(DatabaseError) as caught:
        await add(engine, an_order())

    assert isinstance(caught.value.__cause__, ConnectionRefusedError)
    await engine.dispose()


async def test_of_two_that_wait_for_each_other_one_is_told_to_come_back(engine):
    one, other = an_order(), an_order()
    await add(engine, one)
    await add(engine, other)
    both_hold_one = asyncio.Barrier(2)

    async def cancel_both(first, second):
        async with PostgresUnitOfWork(engine, record_in_outbox) as work:
            for order_id in (first.id, second.id):
                order = await work.orders.get(order_id)
                order.cancel("by its customer")
                await work.orders.save(order)
                if order_id == first.id:
                    await both_hold_one.wait()
            await work.commit()

    outcomes = await asyncio.gather(
        cancel_both(one, other),
        cancel_both(other, one),
        return_exceptions=True,
    )

    (refusal,) = filter(None, outcomes)
    assert isinstance(refusal, DatabaseError)
    assert refusal.__cause__.orig.sqlstate == "40P01"


WAIT_AT_COMMIT = (
    """
    create function wait() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock(42); return null; end $$
    """,
    """
    create constraint trigger wait after insert on orders
    deferrable initially deferred for each row execute function wait()
    """,
)
OTHERS = (
    "select count(*) from pg_stat_activity where datname = current_database()"
    " and pid <> pg_backend_pid()"
)


async def test_a_cancelled_commit_keeps_the_order_and_its_event_or_neither(
    engine, asyncpg_url
):
    async with engine.begin() as connection:
        for statement in WAIT_AT_COMMIT:
            await connection.execute(text(statement))
    await engine.dispose()
    observer = create_async_engine(asyncpg_url, isolation_level="AUTOCOMMIT")
    async with observer.connect() as connection:

        async def until(query, number):
            async def reached():
                return await connection.scalar(text(query)) == number

            await async_until(reached)

        await connection.execute(text("select pg_advisory_lock(42)"))
        committing = asyncio.create_task(add(engine, an_order()))
        await until(f"{OTHERS} and wait_event = 'advisory'", 1)

        committing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await committing

        await connection.execute(text("select pg_advisory_unlock(42)"))
        await until(f"{OTHERS} and state <> 'idle'", 0)
        assert engine.pool.checkedout() == 0
    await observer.dispose()

    orders, events = await counts(engine)
    assert orders == events
    await add(engine, an_order())
    assert await counts(engine) == (orders + 1, events + 1)


async def test_what_cannot_be_entered_says_why_and_holds_nothing(asyncpg_url):
    nowhere = create_async_engine(asyncpg_url + "-nowhere")
    work = PostgresUnitOfWork(nowhere, record_in_outbox)
    with pytest.raises(Exception, match="does not exist"):
        await work.__aenter__()

    assert nowhere.pool.checkedout() == 0
    await nowhere.dispose()


async def test_a_server_that_is_away_is_storage_trouble_on_entering():
    away = create_async_engine("postgresql+asyncpg://shop@127.0.0.1:1/shop")
    with pytest.raises(DatabaseError):
        await PostgresUnitOfWork(away, record_in_outbox).__aenter__()
    await away.dispose()
