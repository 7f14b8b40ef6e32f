"""PgBouncer in transaction mode: what a connection may not remember."""

import asyncio
import configparser
import subprocess
from contextlib import contextmanager

import asyncpg.connection
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from guide.layout import ROOT
from servers.pgbouncer import PgbouncerServer, settings_for
from servers.ports import reserved_port
from servers.postgres import without_root
from servers.process import running
from servers.server import ServerUnavailableError, listens
from snippets.database_patterns import (
    pgbouncer,
    pgbouncer_named_broken,
    pgbouncer_prepared_broken,
)
from snippets.database_patterns.copy_rows import copy_buyers
from snippets.database_patterns.engine import service_engine
from snippets.database_patterns.models import (
    BuyerRow,
    InvoiceRow,
    InvoiceStatus,
)
from snippets.domain_driven_design.persistence import Base
from tests.support.missing import give_up
from tests.support.twins import fix_and_twin
from tests.support.until import until


@pytest.fixture
async def engine_of(pgbouncer_url):
    """``engine_of(module)``; disposed of after the test."""
    made = []

    def make(module, **options):
        made.append(
            module.pgbouncer_engine(
                pgbouncer_url, application_name="shop-web", **options
            )
        )
        return made[-1]

    yield make
    for engine in made:
        await engine.dispose()


async def ask(connection, question="select 1"):
    """In a transaction of its own."""
    answer = await connection.scalar(text(question))
    await connection.commit()
    return answer


@fix_and_twin(
    "module",
    pgbouncer,
    pgbouncer_prepared_broken,
    "Under load, and only then: prepared statement does not exist",
    raises=DBAPIError,
    match="prepared statement .* does not exist",
)
async def test_the_next_transaction_may_be_on_another_connection(
    engine_of, module
):
    engine = engine_of(module)
    async with engine.connect() as first, engine.connect() as second:
        await ask(first)
        await second.execute(text("select 2"))  # keeps that connection
        assert await ask(first) == 1


@pytest.fixture
def another_process(monkeypatch):
    """asyncpg counts its statements from the same number in each process."""

    def begin():
        monkeypatch.setattr(asyncpg.connection, "_uid", 0)

    return begin


@fix_and_twin(
    "module",
    pgbouncer,
    pgbouncer_named_broken,
    "With two processes: prepared statement already exists",
    raises=DBAPIError,
    match="prepared statement .* already exists",
)
async def test_two_processes_share_a_connection(
    engine_of, another_process, module
):
    for _ in range(2):
        another_process()
        async with engine_of(module).connect() as connection:
            for number in range(10):
                assert await ask(connection, f"select {number}") == number


@pytest.mark.parametrize(
    "module", [pgbouncer, pgbouncer_named_broken, pgbouncer_prepared_broken]
)
async def test_one_client_alone_notices_nothing(engine_of, module):
    async with engine_of(module).connect() as connection:
        assert await ask(connection, "show application_name") == "shop-web"
        assert await ask(connection) == 1


async def test_models_with_types_of_their_own_work(engine_of, postgres_url):
    engine = engine_of(pgbouncer)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    for number in range(3):
        async with AsyncSession(engine) as session, session.begin():
            buyer = BuyerRow(email=f"{number}@example.com", name="Ann")
            session.add(buyer)
            await session.flush()
            session.add(InvoiceRow(buyer_id=buyer.id, currency="EUR", total=1))
    async with AsyncSession(engine) as session:
        found = await session.scalars(select(InvoiceRow.status))
        assert list(found) == [InvoiceStatus.OPEN] * 3


async def test_it_leaves_no_statement_on_a_connection(engine_of):
    async with engine_of(pgbouncer).connect() as connection:
        for number in range(10):
            await ask(connection, f"select {number}")
        left = "select count(*) from pg_prepared_statements"
        assert await ask(connection, left) == 0


async def test_twenty_clients_share_two_connections(engine_of, postgres_url):
    engine = engine_of(pgbouncer, pool_size=20)

    async def work():
        async with engine.connect() as connection:
            return await ask(connection, "select pg_backend_pid()")

    pids = await asyncio.gather(*(work() for _ in range(20)))

    assert len(set(pids)) <= 2


async def test_what_is_set_stays_for_the_next_client(engine_of):
    engine = engine_of(pgbouncer)
    async with engine.connect() as first, engine.connect() as second:
        await ask(first, "select set_config('lock_timeout', '1s', false)")
        assert await ask(second, "show lock_timeout") == "1s"


async def test_what_is_set_for_a_transaction_does_not(engine_of):
    engine = engine_of(pgbouncer)
    async with engine.connect() as first, engine.connect() as second:
        await ask(first, "select set_config('lock_timeout', '1s', true)")
        assert await ask(second, "show lock_timeout") == "0"


async def test_two_clients_hold_one_lock_of_the_session(engine_of):
    engine = engine_of(pgbouncer)
    async with engine.connect() as first, engine.connect() as second:
        assert await ask(first, "select pg_try_advisory_lock(1)")
        assert await ask(second, "select pg_try_advisory_lock(1)")


async def test_one_client_holds_a_lock_of_the_transaction(engine_of):
    engine = engine_of(pgbouncer)
    lock = text("select pg_try_advisory_xact_lock(1)")
    async with engine.connect() as first, engine.connect() as second:
        assert await first.scalar(lock)
        assert not await second.scalar(lock)


async def test_two_processes_copy(engine_of, another_process):
    for number in range(2):
        another_process()
        engine = engine_of(pgbouncer)
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine) as session, session.begin():
            rows = [(f"{number}@example.com", "Ann")]
            assert await copy_buyers(session, rows) == 1


async def test_to_listen_is_to_listen_for_somebody_else(engine_of):
    engine = engine_of(pgbouncer)
    async with engine.connect() as first, engine.connect() as second:
        await first.execute(text("listen orders"))
        await first.commit()
        listens = "select pg_listening_channels()"
        assert await ask(second, listens) == "orders"


async def test_the_timeouts_of_an_engine_are_refused(pgbouncer_url):
    engine = service_engine(pgbouncer_url, application_name="shop-web")
    with pytest.raises(Exception, match="unsupported startup parameter"):
        async with engine.connect():
            pass
    await engine.dispose()


async def test_those_of_a_database_or_role_are_kept(engine_of, postgres_url):
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        name = sql.Identifier(admin.info.dbname)
        setting = sql.SQL("alter database {} set lock_timeout = '2s'")
        admin.execute(setting.format(name))

    async with engine_of(pgbouncer).connect() as connection:
        assert await ask(connection, "show lock_timeout") == "2s"


SHOWN = (
    "pool_mode",
    "default_pool_size",
    "max_client_conn",
    "query_wait_timeout",
)


def test_the_settings_that_are_shown_are_taken(postgres_url, tmp_path):
    """The file of the page, on a port and with a login of ours."""
    shown, ours = configparser.ConfigParser(), configparser.ConfigParser()
    shown.read(ROOT / "snippets/database_patterns/pgbouncer.ini")
    with reserved_port() as port:
        ours.read_string(settings_for(postgres_url, port))
        ours["pgbouncer"].update(
            {name: shown["pgbouncer"][name] for name in SHOWN}
        )
        with started(ours, tmp_path):
            url = f"postgresql://postgres@127.0.0.1:{port}/pgbouncer"
            until(lambda: listens(url))
            with psycopg.connect(url, autocommit=True) as console:
                rows = console.execute("show config").fetchall()

    taken = {name: value for name, value, *_ in rows}
    assert {name: taken[name] for name in SHOWN} == {
        "pool_mode": "transaction",
        "default_pool_size": "20",
        "max_client_conn": "1000",
        "query_wait_timeout": "5",
    }
    others = {"listen_addr", "listen_port", "auth_type", "auth_file"}
    assert {*shown["pgbouncer"]} == {*SHOWN, *others}
    assert others <= taken.keys()


@contextmanager
def started(settings, folder):
    path = folder / "pgbouncer.ini"
    with path.open("w") as file:
        settings.write(file)
    try:
        command = PgbouncerServer().command(path)
    except ServerUnavailableError as error:
        give_up("pgbouncer", str(error))
    prefix, options = without_root(folder)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with running(command, prefix=prefix, **quiet, **options):
        yield
