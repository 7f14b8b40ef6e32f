"""Read replica: behind, caught up, asked for too much, and away."""

import asyncio
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from servers.ports import reserved_port
from snippets.code_style.database_errors import is_unavailable
from snippets.database_patterns import read_replica, read_replica_broken
from snippets.database_patterns.models import BuyerRow
from snippets.database_patterns.read_replica import Replicated
from snippets.database_patterns.serialization_retry import ended_for_another
from tests.support.replica import primary_and_replica
from tests.support.twins import fix_and_twin
from tests.support.until import async_until, until

both = pytest.mark.parametrize("module", [read_replica, read_replica_broken])


@pytest.fixture(scope="module")
def urls():
    with primary_and_replica() as (primary, replica):
        yield primary, replica


@pytest.fixture
async def primary(request, urls):
    request.node.user_properties.append(("server", "postgres"))
    engine = create_async_engine(
        urls[0].replace("postgresql:", "postgresql+asyncpg:")
    )
    async with engine.begin() as connection:
        await connection.run_sync(
            BuyerRow.metadata.tables["buyers"].create, checkfirst=True
        )
    yield engine
    await engine.dispose()


@pytest.fixture
async def replica(urls, primary):
    """It has all that was written before the test."""
    engine = create_async_engine(
        urls[1].replace("postgresql:", "postgresql+asyncpg:")
    )
    async with primary.connect() as connection:
        written = await connection.scalar(read_replica.WRITTEN)
    await until_replayed(engine, written)
    yield engine
    await engine.dispose()


async def until_replayed(replica, position):
    async def replayed():
        async with replica.connect() as connection:
            return position <= await connection.scalar(read_replica.REPLAYED)

    await async_until(replayed)


@pytest.fixture
def paused(urls, replica):
    """The replica replays nothing, as if it were far behind."""
    with psycopg.connect(urls[1], autocommit=True) as connection:
        state = "select pg_get_wal_replay_pause_state() = 'paused'"
        connection.execute("select pg_wal_replay_pause()")
        until(lambda: connection.execute(state).fetchone()[0])
        yield
        connection.execute("select pg_wal_replay_resume()")


async def sign_up(session):
    buyer = BuyerRow(email=f"{uuid4()}@example.com", name="Ann")
    session.add(buyer)
    await session.flush()
    return buyer.id


async def is_replica(session):
    return await session.scalar(select(func.pg_is_in_recovery()))


@fix_and_twin(
    "module",
    read_replica,
    read_replica_broken,
    "Who has just signed up is told that there is no such account (404)",
)
async def test_whoever_has_written_reads_what_they_wrote(
    primary, replica, paused, module
):
    databases = module.Replicated(primary, replica)
    buyer, position = await databases.write(sign_up)

    async with databases.reading(since=position) as session:
        assert await session.get(BuyerRow, buyer) is not None


@both
async def test_once_replayed_it_is_read_from_the_replica(
    primary, replica, module
):
    databases = module.Replicated(primary, replica)
    buyer, position = await databases.write(sign_up)
    async with primary.connect() as connection:
        written = await connection.scalar(read_replica.WRITTEN)
    await until_replayed(replica, written)

    async with databases.reading(since=position) as session:
        assert await session.get(BuyerRow, buyer) is not None
        assert await is_replica(session)


async def test_the_position_counts_what_was_committed_before(primary, replica):
    databases = Replicated(primary, replica)
    _, first = await databases.write(sign_up)
    _, second = await databases.write(sign_up)
    assert 0 < first < second


async def test_what_was_written_can_be_used_afterwards(primary, replica):
    async def sign_up_and_return(session):
        return await session.get_one(BuyerRow, await sign_up(session))

    row, _ = await Replicated(primary, replica).write(sign_up_and_return)
    assert row.name == "Ann"


async def test_whoever_has_not_written_reads_what_there_is(
    primary, replica, paused
):
    databases = Replicated(primary, replica)
    buyer, _ = await databases.write(sign_up)
    async with databases.reading() as session:
        assert await is_replica(session)
        assert await session.get(BuyerRow, buyer) is None


@pytest.mark.parametrize(
    ("since", "replica_s"),
    [(-1, True), (0, True), (2**63, False), (10**30, False)],
)
async def test_a_made_up_position_costs_a_query_and_no_more(
    primary, replica, since, replica_s
):
    async with Replicated(primary, replica).reading(since) as session:
        assert await is_replica(session) is replica_s


@pytest.mark.parametrize("since", [0, 2**63])
async def test_a_read_writes_nothing_wherever_it_goes(primary, replica, since):
    databases = Replicated(primary, replica)
    with pytest.raises(DBAPIError, match="read-only transaction"):
        async with databases.reading(since) as session:
            await sign_up(session)


@pytest.mark.parametrize("since", [0, 2**63])
@pytest.mark.parametrize("end", [AsyncSession.commit, AsyncSession.rollback])
async def test_a_second_transaction_would_promise_nothing(
    primary, replica, since, end
):
    """It may be on another replica, or write to the primary."""
    databases = Replicated(primary, replica)
    async with databases.reading(since) as session:
        await end(session)
        with pytest.raises(InvalidRequestError, match="closed transaction"):
            await sign_up(session)


@pytest.mark.parametrize("since", [0, 2**63])
async def test_what_was_read_can_be_used_afterwards(primary, replica, since):
    databases = Replicated(primary, replica)
    buyer, position = await databases.write(sign_up)
    await until_replayed(replica, position)
    async with databases.reading(since) as session:
        found = await session.get(BuyerRow, buyer)
    assert found.name == "Ann"


async def test_the_primary_s_next_user_may_write(primary, replica):
    databases = Replicated(primary, replica)
    async with databases.reading(2**63) as session:
        assert not await is_replica(session)
    await databases.write(sign_up)


async def test_where_there_is_no_replica_the_primary_may_stand_in(primary):
    databases = Replicated(primary, primary)
    buyer, position = await databases.write(sign_up)
    for since in (0, position):
        async with databases.reading(since) as session:
            assert await session.get(BuyerRow, buyer) is not None


async def test_a_replica_that_is_away_is_an_error(primary):
    with reserved_port() as port:
        nobody = create_async_engine(
            f"postgresql+asyncpg://postgres@127.0.0.1:{port}/postgres"
        )
        with pytest.raises(OSError) as caught:  # noqa: PT011 - any of them
            async with Replicated(primary, nobody).reading():
                pass
        await nobody.dispose()
    assert is_unavailable(caught.value)


def before_the_position_is_read(engine, act):
    def before_execute(connection, cursor, statement, *_):
        if "wal_insert" in statement:
            act(connection.connection.dbapi_connection.driver_connection)

    event.listen(engine.sync_engine, "before_cursor_execute", before_execute)


async def test_what_was_committed_is_no_error_if_the_connection_is_lost(
    urls, primary, replica
):
    """Or the caller would do it again. The primary is asked from then on."""

    def lose(connection):
        pid = connection.get_server_pid()
        with psycopg.connect(urls[0], autocommit=True) as other:
            other.execute(f"select pg_terminate_backend({pid}, 5000)")

    before_the_position_is_read(primary, lose)
    databases = Replicated(primary, replica)
    buyer, position = await databases.write(sign_up)

    async with databases.reading(since=position) as session:
        assert await session.get(BuyerRow, buyer) is not None
        assert not await is_replica(session)


async def test_an_error_of_ours_is_not_taken_for_a_lost_connection(
    primary, replica
):
    def fail(_):
        raise LookupError

    before_the_position_is_read(primary, fail)
    with pytest.raises(LookupError):
        await Replicated(primary, replica).write(sign_up)


async def test_whoever_reads_from_the_primary_keeps_no_replica_busy(
    primary, replica
):
    async with Replicated(primary, replica).reading(2**63):
        assert replica.pool.checkedout() == 0
    assert primary.pool.checkedout() == 0


async def test_work_that_fails_is_not_committed(primary, replica):
    databases = Replicated(primary, replica)
    made = []

    async def fail(session):
        made.append(await sign_up(session))
        raise LookupError

    with pytest.raises(LookupError):
        await databases.write(fail)
    async with databases.reading(2**63) as session:
        assert await session.get(BuyerRow, made[0]) is None


async def test_a_replica_knows_no_serializable(replica):
    async with replica.connect() as connection:
        await connection.execution_options(isolation_level="SERIALIZABLE")
        with pytest.raises(DBAPIError, match="hot standby"):
            await connection.scalar(text("select count(*) from buyers"))


@pytest.fixture
def impatient(urls):
    """A replica that waits for no reader."""
    with psycopg.connect(urls[1], autocommit=True) as connection:
        connection.execute("alter system set max_standby_streaming_delay = 0")
        connection.execute("select pg_reload_conf()")
        yield
        connection.execute("alter system reset max_standby_streaming_delay")
        connection.execute("select pg_reload_conf()")


async def test_a_long_read_is_ended_when_its_rows_are_cleaned_up(
    urls, primary, replica, impatient
):
    """As a serialization failure, so running it again is right."""
    _, position = await Replicated(primary, replica).write(sign_up)
    await until_replayed(replica, position)
    with pytest.raises(DBAPIError, match="conflict with recovery") as caught:
        await read_across_a_vacuum(urls, replica)

    assert ended_for_another(caught.value)


async def read_across_a_vacuum(urls, replica):
    async with replica.connect() as reader:
        pid = await reader.scalar(select(func.pg_backend_pid()))
        reading = asyncio.create_task(
            reader.execute(text("select pg_sleep(50) from buyers"))
        )
        with psycopg.connect(urls[1], autocommit=True) as other:
            reads = (
                "select 1 from pg_stat_activity"
                f" where pid = {pid} and wait_event = 'PgSleep'"
            )
            await async_until(lambda: other.execute(reads).fetchone())
        with psycopg.connect(urls[0], autocommit=True) as connection:
            connection.execute("delete from buyers")
            connection.execute("vacuum buyers")
        await reading
