"""Migrators side by side, killed, and run again."""

import asyncio
from datetime import timedelta

import psycopg
import pytest
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.database_patterns import (
    migration_lock,
    migration_lock_waiting_broken,
)
from snippets.database_patterns.migration_lock import hold_migration_lock
from tests.snippets.database_patterns.migrating import (
    MIGRATORS,
    WAITING,
    History,
    rewritten,
)
from tests.support.twins import fix_and_twin
from tests.support.until import until

# An index that is built waits, too, for whoever looks at the same moment.
AT_THE_FUNCTION = f"{WAITING} and query like '%CREATE FUNCTION%'"
AT_THE_VERSION = f"{WAITING} and query like 'UPDATE alembic_version%'"
IDLE = """
select pid from pg_stat_activity
where datname = current_database() and state = 'idle'
"""
SOON = timedelta(milliseconds=20)


@pytest.fixture
async def engine(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    yield engine
    await engine.dispose()


@fix_and_twin(
    "env",
    "migration_env",
    "migration_lock_none_broken",
    "Of two replicas that start together, one dies of a duplicate key.",
    judged="database_patterns.migration_lock_none_broken",
)
def test_two_migrators_at_once_both_end_well(tmp_path, postgres_url, env):
    history = rewritten(tmp_path / "migrations", postgres_url, env=env)
    with psycopg.connect(postgres_url) as barrier:
        barrier.execute("create type address_kind as enum ()")
        with (
            history.process("upgrade", "head") as one,
            history.process("upgrade", "head") as other,
        ):
            history.until_waiting(2, MIGRATORS)
            barrier.rollback()
            said = [process.communicate()[1] for process in (one, other)]

    assert [one.returncode, other.returncode] == [0, 0], said
    assert history.revision == ["0008"]
    assert sum("Running upgrade 0004 -> 0005" in each for each in said) == 1


def test_one_migrator_alone_needs_no_lock(tmp_path, postgres_url):
    folder, env = tmp_path / "migrations", "migration_lock_none_broken"
    history = rewritten(folder, postgres_url, env=env)
    history.upgrade()
    assert history.revision == ["0008"]


@fix_and_twin(
    "module",
    migration_lock,
    migration_lock_waiting_broken,
    "CREATE INDEX CONCURRENTLY waits for the migrator that waits for it, and "
    "one of them dies of a deadlock.",
    raises=DBAPIError,
    match="deadlock detected",
)
async def test_who_waits_does_not_keep_an_index_from_being_built(
    engine, history, module
):
    at_once = engine.execution_options(isolation_level="AUTOCOMMIT")
    async with at_once.connect() as ours, engine.connect() as theirs:
        await ours.execute(text("CREATE TABLE parcels (id int)"))
        await module.hold_migration_lock(ours)
        turn = asyncio.create_task(module.hold_migration_lock(theirs))
        await asyncio.to_thread(history.until_waiting, 2, MIGRATORS)
        try:
            await ours.execute(
                text("CREATE INDEX CONCURRENTLY i ON parcels (id)")
            )
        finally:  # whichever of the two PostgreSQL has ended
            await ours.execute(text("SELECT pg_advisory_unlock_all()"))
            await turn


@pytest.fixture
def history(postgres_url):
    return History(postgres_url)


@pytest.mark.parametrize(
    "module", [migration_lock, migration_lock_waiting_broken]
)
async def test_the_other_gets_its_turn(engine, history, module):
    async with engine.connect() as theirs:
        async with engine.connect() as ours:
            await module.hold_migration_lock(ours)
            turn = asyncio.create_task(module.hold_migration_lock(theirs))
            await asyncio.to_thread(history.until_waiting, 2, MIGRATORS)
            assert not turn.done()
            await ours.invalidate()  # the session ends
        await turn


async def test_it_waits_in_no_transaction_and_leaves_none(engine, history):
    async with engine.connect() as ours, engine.connect() as theirs:
        await hold_migration_lock(ours)
        turn = asyncio.create_task(hold_migration_lock(theirs))
        await asyncio.to_thread(history.until_waiting, 2, MIGRATORS)
        await asyncio.to_thread(history.until_waiting, 2, IDLE)
        await ours.invalidate()
        await turn
        assert not theirs.in_transaction()


async def test_who_waits_too_long_is_told(engine):
    async with engine.connect() as ours, engine.connect() as theirs:
        await hold_migration_lock(ours)
        with pytest.raises(TimeoutError):
            await hold_migration_lock(theirs, within=SOON, pause=SOON)


def test_killed_between_revisions_the_next_run_goes_on(history):
    history.upgrade("0001")
    with psycopg.connect(history.url) as barrier:
        barrier.execute(
            "create function sync_postal_code() returns int return 1"
        )
        with history.process("upgrade", "head") as process:
            history.until_waiting(1, AT_THE_FUNCTION)
            process.kill()
        barrier.rollback()
    assert history.revision == ["0004"]
    history.upgrade()
    assert history.revision == ["0008"]


def test_the_next_waits_until_the_server_is_through_with_a_killed_one(history):
    """The dead client's statement runs on, and its session holds the lock."""
    history.upgrade("0003")
    with psycopg.connect(history.url) as barrier:
        barrier.execute("update delivery_addresses set label = label")
        with history.process("upgrade", "head") as first:
            (pid,) = history.until_waiting()
            first.kill()
        with history.process("upgrade", "head") as second:
            until(lambda: len(history.sql(MIGRATORS)) == 2)
            assert history.sql(WAITING) == [pid]
            barrier.commit()
            _, errors = second.communicate()
    assert second.returncode == 0, errors
    assert history.revision == ["0008"]


def test_a_run_that_failed_leaves_the_lock_to_the_next(history):
    history.upgrade("0001")
    history.sql("create table uq_delivery_addresses_label ()")
    for _ in range(2):
        with pytest.raises(DBAPIError, match="is not an index"):
            history.upgrade()
    history.sql("drop table uq_delivery_addresses_label")
    history.upgrade()
    assert history.revision == ["0008"]


def test_killed_behind_the_index_the_next_run_builds_it_again(history):
    """What is CONCURRENTLY there is there, whatever the version table says."""
    history.upgrade("0003")
    with psycopg.connect(history.url) as barrier:
        barrier.execute("lock table alembic_version in share mode")
        with history.process("upgrade", "0004") as process:
            history.until_waiting(1, AT_THE_VERSION)
            process.kill()
        barrier.rollback()
    assert "uq_delivery_addresses_label" in "".join(history.schema())
    assert history.revision == ["0003"]
    history.upgrade("0004")
    assert history.revision == ["0004"]


def test_a_release_that_was_rolled_back_cannot_migrate(tmp_path, postgres_url):
    History(postgres_url).upgrade()
    before = rewritten(
        tmp_path / "m",
        postgres_url,
        revisions={"r0008_rolled_back": "delivery_addresses_rename_broken"},
    )
    (before.folder / "versions" / "r0008_rolled_back.py").unlink()
    with pytest.raises(CommandError, match=r"Can't locate revision .* '0008'"):
        before.upgrade()
