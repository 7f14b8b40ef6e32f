"""Which errors mean that PostgreSQL is away, as the drivers say it."""

import socket
from socket import gaierror

import pytest
from sqlalchemy import literal, select, text
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.architecture_patterns.storage_errors import is_unavailable


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


@pytest.mark.parametrize("error", [None, KeyError(), FileNotFoundError()])
def test_what_does_not_come_from_storage_is_not_storage_trouble(error):
    assert not is_unavailable(error)
