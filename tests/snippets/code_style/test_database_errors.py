"""Which errors mean that PostgreSQL is away, as the drivers say it."""

import asyncio
import errno
import socket
from contextlib import asynccontextmanager
from pathlib import Path
from socket import gaierror

import asyncpg
import psycopg
import pytest
from sqlalchemy import literal, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.code_style.database_errors import is_unavailable


@pytest.fixture
async def connect():
    """Engines that are disposed of after the test."""
    engines = []

    def make(url, **options):
        engines.append(create_async_engine(url, **options))
        return engines[-1]

    yield make
    for engine in engines:
        await engine.dispose()


@pytest.fixture
async def engine(asyncpg_url, connect):
    """Of a database with one product."""
    engine = connect(asyncpg_url)
    async with engine.begin() as connection:
        await connection.execute(
            text("create table products (sku text primary key, price int)")
        )
        await connection.execute(
            text("insert into products values ('TEA-1', 1)")
        )
    return engine


async def error_of(engine, statement="select 1"):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any
        async with engine.connect() as connection:
            await connection.execute(text(statement))
    return caught.value


@pytest.mark.parametrize(
    ("driver", "raised"),
    [("asyncpg", ConnectionRefusedError), ("psycopg", DBAPIError)],
)
async def test_a_refused_connection(driver, raised, connect):
    error = await error_of(
        connect(f"postgresql+{driver}://shop@127.0.0.1:1/shop")
    )

    assert isinstance(error, raised)
    assert is_unavailable(error)


async def test_a_name_that_nobody_knows(connect):
    error = await error_of(
        connect("postgresql+asyncpg://shop@postgres.invalid/shop")
    )

    assert isinstance(error, gaierror)
    assert is_unavailable(error)


async def test_a_name_with_two_addresses_of_which_none_answers(
    connect, monkeypatch
):
    two = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{host}", 1))
        for host in (1, 2)
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: two)

    error = await error_of(connect("postgresql+asyncpg://shop@cluster/shop"))

    assert type(error) is OSError
    assert is_unavailable(error)


async def test_a_server_that_accepts_and_says_nothing(connect):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = await error_of(
            connect(
                f"postgresql+asyncpg://shop@127.0.0.1:{silent.getsockname()[1]}",
                connect_args={"timeout": 0.1},
            )
        )

    assert isinstance(error, TimeoutError)
    assert is_unavailable(error)


async def test_a_connection_that_was_cut(asyncpg_url, connect):
    error = await error_of(
        connect(asyncpg_url),
        "select pg_terminate_backend(pg_backend_pid())",
    )

    assert is_unavailable(error)


async def test_a_server_that_lets_nobody_in_any_more(
    engine, asyncpg_url, connect
):
    async with engine.begin() as connection:
        role = await connection.scalar(
            text("select 'r' || md5(current_database())")
        )
        await connection.execute(
            text(f"create role {role} login connection limit 0")
        )

    error = await error_of(
        connect(asyncpg_url.replace("postgres@", f"{role}@"))
    )
    assert error.orig.sqlstate == "53300"
    assert is_unavailable(error)

    async with engine.begin() as connection:
        await connection.execute(text(f"drop role {role}"))


async def test_a_pool_that_ran_dry(asyncpg_url, connect):
    engine = connect(asyncpg_url, pool_size=1, max_overflow=0, pool_timeout=0)
    async with engine.connect():
        error = await error_of(engine)

    assert isinstance(error, PoolTimeoutError)
    assert is_unavailable(error)


async def test_a_mistake_of_ours_is_not_storage_trouble(asyncpg_url, connect):
    error = await error_of(connect(asyncpg_url), "selekt 1")

    assert not is_unavailable(error)


async def test_a_query_with_more_values_than_fit_is_a_mistake_of_ours(
    asyncpg_url, connect
):
    async with connect(asyncpg_url).connect() as connection:
        with pytest.raises(InterfaceError, match="cannot exceed 32767") as no:
            await connection.execute(select(literal(1).in_(range(32768))))

    assert not is_unavailable(no.value)


@pytest.mark.parametrize(
    "error",
    [
        None,
        KeyError(),
        FileNotFoundError(errno.ENOENT, "No such file", "prices.csv"),
        PermissionError(errno.EACCES, "Permission denied", "prices.csv"),
    ],
)
def test_what_does_not_come_from_storage_is_not_storage_trouble(error):
    assert not is_unavailable(error)


drivers = pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
RAISE = "do $$ begin raise exception using errcode = '{}'; end $$"


@drivers
@pytest.mark.parametrize(
    ("sqlstate", "away"),
    [
        ("08006", True),  # connection_failure
        ("25006", True),  # read_only_sql_transaction
        ("25P03", True),  # idle_in_transaction_session_timeout
        ("25P04", True),  # transaction_timeout
        ("40001", True),  # serialization_failure
        ("40P01", True),  # deadlock_detected
        ("53100", True),  # disk_full
        ("53200", True),  # out_of_memory
        ("53300", True),  # too_many_connections
        ("55P03", True),  # lock_not_available
        ("57014", True),  # query_canceled
        ("57P01", True),  # admin_shutdown
        ("57P02", True),  # crash_shutdown
        ("57P03", True),  # cannot_connect_now
        ("57P05", True),  # idle_session_timeout
        ("58030", True),  # io_error
        ("0A000", False),  # feature_not_supported
        ("22003", False),  # numeric_value_out_of_range
        ("22021", False),  # character_not_in_repertoire
        ("23502", False),  # not_null_violation
        ("23505", False),  # unique_violation
        ("23514", False),  # check_violation
        ("25001", False),  # active_sql_transaction
        ("25P02", False),  # in_failed_sql_transaction
        ("28000", False),  # invalid_authorization_specification
        ("3D000", False),  # invalid_catalog_name
        ("42501", False),  # insufficient_privilege
        ("42601", False),  # syntax_error
        ("42P01", False),  # undefined_table
        ("54000", False),  # program_limit_exceeded
        ("55000", False),  # object_not_in_prerequisite_state
        ("P0001", False),  # raise_exception
        ("XX000", False),  # internal_error
    ],
)
async def test_the_sqlstate_decides(
    asyncpg_url, connect, driver, sqlstate, away
):
    engine = connect(asyncpg_url.replace("asyncpg", driver))
    error = await error_of(engine, RAISE.format(sqlstate))

    assert error.orig.sqlstate == sqlstate
    assert is_unavailable(error) is away


async def refused(engine, *statements):
    """What the last of these statements of one transaction raises."""
    async with engine.connect() as connection:
        for statement in statements[:-1]:
            await connection.execute(text(statement))
        with pytest.raises(DBAPIError) as refusal:
            await connection.execute(text(statements[-1]))
        return refusal.value


@drivers
async def test_a_statement_that_took_too_long(asyncpg_url, connect, driver):
    engine = connect(asyncpg_url.replace("asyncpg", driver))
    error = await refused(
        engine, "set local statement_timeout = 1", "select pg_sleep(60)"
    )

    assert error.orig.sqlstate == "57014"
    assert is_unavailable(error)


@drivers
async def test_a_lock_that_somebody_else_has(
    engine, asyncpg_url, connect, driver
):
    async with engine.begin() as holder:
        await holder.execute(text("lock table products"))
        error = await refused(
            connect(asyncpg_url.replace("asyncpg", driver)),
            "set local lock_timeout = 1",
            "select * from products",
        )

    assert error.orig.sqlstate == "55P03"
    assert is_unavailable(error)


@drivers
async def test_a_server_that_only_reads(engine, asyncpg_url, connect, driver):
    error = await refused(
        connect(asyncpg_url.replace("asyncpg", driver)),
        "set transaction read only",
        "insert into products values ('TEA-1', 1)",
    )

    assert error.orig.sqlstate == "25006"
    assert is_unavailable(error)


@drivers
async def test_a_duplicate_is_not_storage_trouble(
    engine, asyncpg_url, connect, driver
):
    error = await error_of(
        connect(asyncpg_url.replace("asyncpg", driver)),
        "insert into products values ('TEA-1', 1)",
    )

    assert isinstance(error, IntegrityError)
    assert not is_unavailable(error)


@drivers
async def test_a_socket_that_is_not_there(connect, driver):
    url = f"postgresql+{driver}://shop@/shop?host=/nowhere"

    assert is_unavailable(await error_of(connect(url)))


def test_a_file_that_is_not_there_is_not_storage_trouble():
    with pytest.raises(FileNotFoundError) as missing:
        Path("/nowhere/prices.csv").read_text()

    assert not is_unavailable(missing.value)


@drivers
async def test_no_server_that_takes_writes(asyncpg_url, connect, driver):
    """During a failover all hosts of the URL may be standbys for a while."""
    url = asyncpg_url.replace("asyncpg", driver)
    error = await error_of(connect(f"{url}?target_session_attrs=standby"))

    assert is_unavailable(error)


@asynccontextmanager
async def server_that(answers):
    """An address where a server says this to whoever connects, and hangs up."""

    async def serve(reader, writer):
        await reader.read(1024)  # the start-up message
        writer.write(answers)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


READY = (
    b"R\0\0\0\x08\0\0\0\0"  # you are who you say
    b"S\0\0\0\x16server_version\x0018\0"
    b"Z\0\0\0\x05I"  # ready
)


@drivers
@pytest.mark.parametrize("answers", [b"", READY], ids=["at once", "ready"])
async def test_a_server_that_hangs_up_while_a_connection_is_made(
    connect, driver, answers
):
    """asyncpg's own error comes out where SQLAlchemy prepares a connection."""
    mode = "ssl" if driver == "asyncpg" else "sslmode"
    async with server_that(answers) as address:
        url = f"postgresql+{driver}://shop@{address}/shop?{mode}=disable"
        error = await error_of(connect(url))

    assert is_unavailable(error)


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.ConnectionDoesNotExistError("closed in the middle"),
        asyncpg.AdminShutdownError("terminating connection"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        psycopg.errors.AdminShutdown("terminating connection"),
    ],
)
def test_an_error_of_the_driver_that_nobody_wrapped(error):
    assert is_unavailable(error)


async def test_whoever_is_at_work_when_all_sessions_are_ended(
    asyncpg_url, connect
):
    """As a failover does it, at any point of a connection's life."""
    engine = connect(asyncpg_url, pool_size=10)
    seen = []

    async def work():
        while len(seen) < 100:
            try:
                async with engine.connect() as connection:
                    await connection.execute(text("select 1"))
                    await connection.commit()
            except Exception as error:  # noqa: BLE001 - whatever comes
                seen.append(error)

    admin = await psycopg.AsyncConnection.connect(
        asyncpg_url.replace("+asyncpg", ""), autocommit=True
    )
    async with admin, asyncio.TaskGroup() as tasks:
        for _ in range(10):
            tasks.create_task(work())
        while len(seen) < 100:
            await admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where"
                " datname = current_database() and pid <> pg_backend_pid()"
            )

    assert [error for error in seen if not is_unavailable(error)] == []
