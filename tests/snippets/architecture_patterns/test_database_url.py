"""Database URLs: what hosts hand out, to both drivers, on a real server."""

import asyncio
import importlib
import socket
from contextlib import asynccontextmanager

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from snippets.architecture_patterns import database_url


@pytest.fixture(scope="module")
def postgres_url(databases):
    """One for all: these tests connect, and leave it empty."""
    with databases.empty() as url:
        yield url


@asynccontextmanager
async def engine_of(url):
    engine = database_url.asyncpg_engine(url)
    try:
        yield engine
    finally:
        await engine.dispose()


async def asked(url, question):
    """What the server answers to asyncpg, then to psycopg."""
    async with engine_of(url) as engine, engine.connect() as connection:
        first = await connection.scalar(text(question))
    with psycopg.connect(database_url.psycopg_url(url)) as connection:
        (second,) = connection.execute(question).fetchone()
    return first, second


WORDS = [
    "",
    "sslmode=prefer",
    "sslmode=disable",
    "ssl=disable",
    "application_name=shop",
    "application_name=",
    "fallback_application_name=shop",
    "connect_timeout=10",
    "connect_timeout=0",
    "connect_timeout=-1",
    "timeout=10",
    "command_timeout=10",
    "keepalives=1&keepalives_idle=30&keepalives_interval=5&keepalives_count=3",
    "tcp_user_timeout=30000",
    "prepared_statement_cache_size=0",
    "statement_cache_size=0&prepared_statement_cache_size=0",
    "target_session_attrs=any",
    "target_session_attrs=read-write",
    "target_session_attrs=primary",
    "channel_binding=prefer",
    "sslmode=prefer&channel_binding=disable",
    "gssencmode=disable",
    "client_encoding=utf8",
    "load_balance_hosts=disable",
    "sslsni=1&sslcompression=0",
    "min_protocol_version=3.0&max_protocol_version=3.2",
    "options=-csearch_path%3Dapp",
    "options=-c%20search_path%3Dapp%20-c%20statement_timeout%3D9000",
    "passfile=%2Fnowhere",
]


@pytest.mark.parametrize("words", WORDS)
async def test_what_hosts_hand_out_connects_with_both_drivers(
    words, postgres_url
):
    assert await asked(f"{postgres_url}?{words}", "select 1") == (1, 1)


@pytest.mark.parametrize(
    "scheme",
    [
        "postgres",
        "postgresql",
        "postgresql+asyncpg",
        "postgresql+psycopg",
        "postgresql+psycopg2",
        "postgres+asyncpg",
    ],
)
async def test_every_scheme_that_is_written_for_postgresql(
    scheme, postgres_url
):
    url = f"{scheme}://{postgres_url.partition('://')[2]}?sslmode=prefer"

    assert await asked(url, "select 1") == (1, 1)


@pytest.mark.parametrize(
    ("words", "setting", "value"),
    [
        ("application_name=shop%20web", "application_name", "shop web"),
        ("application_name=a+b%26c", "application_name", "a+b&c"),
        ("options=-csearch_path%3Dapp", "search_path", "app"),
        ("options=-c%20statement_timeout%3D9000", "statement_timeout", "9s"),
    ],
)
async def test_a_setting_reaches_the_server_as_it_was_meant(
    words, setting, value, postgres_url
):
    found = await asked(f"{postgres_url}?{words}", f"show {setting}")

    assert found == (value, value)


async def test_arguments_and_options_reach_driver_and_engine(postgres_url):
    engine = database_url.asyncpg_engine(
        postgres_url,
        connect_args={"server_settings": {"application_name": "shop web"}},
        pool_size=3,
    )
    async with engine.connect() as connection:
        name = await connection.scalar(text("show application_name"))
    await engine.dispose()

    assert (name, engine.pool.size()) == ("shop web", 3)


async def test_what_the_url_says_is_said_last(postgres_url):
    given = {"command_timeout": "no number"}
    engine = database_url.asyncpg_engine(
        f"{postgres_url}?command_timeout=10", connect_args=given
    )
    async with engine.connect() as connection:
        assert await connection.scalar(text("select 1")) == 1
    await engine.dispose()

    assert given == {"command_timeout": "no number"}


def hosts_of(postgres_url):
    """The same database, named in all the ways that there are."""
    url = make_url(postgres_url)
    host, port, name = url.host, url.port, url.database
    who = url.username
    return [
        f"postgresql://{who}@{host}/{name}?port={port}",
        f"postgresql://{who}@/{name}?host={host}&port={port}",
        f"postgresql:///?host={host}&port={port}&user={who}&dbname={name}",
        f"postgresql+asyncpg://{who}@/{name}?host={host}:{port}",
        # The first of two refuses connections.
        f"postgresql://{who}@{host}:1,{host}:{port}/{name}",
        f"postgresql://{who}@/{name}?host={host},{host}&port=1,{port}",
        f"postgresql+asyncpg://{who}@/{name}?host={host}:1&host={host}:{port}",
        f"postgresql+asyncpg://{who}@/{name}?host={host}&host={host}:{port}",
    ]


@pytest.mark.parametrize("way", range(8))
async def test_hosts_are_found_wherever_they_stand(way, postgres_url):
    url = hosts_of(postgres_url)[way]
    name = make_url(postgres_url).database

    found = await asked(url, "select current_database()")

    assert found == (name, name)


@pytest.fixture
def socket_folder(postgres_url):
    """Where the server's Unix socket is; it starts with /."""
    with psycopg.connect(postgres_url) as connection:
        (folder,) = connection.execute(
            "show unix_socket_directories"
        ).fetchone()
    if not folder:
        pytest.skip("This server has no Unix socket.")
    return folder


async def test_a_unix_socket(socket_folder, postgres_url):
    url = make_url(postgres_url)
    path, name = socket_folder, url.database
    encoded = path.replace("/", "%2F")
    for address in (
        f"postgresql://{url.username}@/{name}?host={path}&port={url.port}",
        f"postgresql://{url.username}@{encoded}:{url.port}/{name}",
    ):
        found = await asked(address, "select inet_server_addr()")

        assert found == (None, None)


@pytest.mark.parametrize("password", ["s3cret", "p@ss:w/rd?&=%#+ é"])
async def test_a_password_is_percent_encoded_once(password, postgres_url):
    """The server of the tests trusts everybody, so this one tells."""
    url = make_url(postgres_url).set(password=password)
    address = url.render_as_string(hide_password=False)
    told = psycopg.conninfo.conninfo_to_dict(database_url.psycopg_url(address))
    heard = asyncio.Queue()

    async def server(reader, writer):
        await reader.read(1024)  # the start-up message
        writer.write(b"R\0\0\0\x08\0\0\0\x03")  # asks for the password
        heard.put_nowait(await reader.read(1024))
        writer.close()

    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    asks = url.set(host="127.0.0.1", port=port).render_as_string(False)
    async with (
        listening,
        engine_of(f"{asks}?sslmode=disable") as engine,
    ):
        with pytest.raises(DBAPIError, match="connection was closed"):
            await engine.connect().start()

    assert told["password"] == password
    assert heard.get_nowait()[5:-1].decode() == password


async def test_the_time_to_connect_is_that_of_the_url():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = f"postgresql://shop@127.0.0.1:{port}/shop?connect_timeout=1"
        async with engine_of(f"{url}&sslmode=disable") as engine:
            with pytest.raises(TimeoutError):
                await engine.connect().start()


@pytest.mark.parametrize(
    ("words", "keeps"), [("", True), ("prepared_statement_cache_size=0", False)]
)
async def test_the_engine_keeps_prepared_statements_unless_the_url_says_no(
    words, keeps, postgres_url
):
    url = f"{postgres_url}?{words}"
    async with engine_of(url) as engine, engine.connect() as connection:
        await connection.execute(text("select 42"))
        driver = await connection.get_raw_connection()
        cache = driver.dbapi_connection._prepared_statement_cache

        assert bool(cache) is keeps


async def test_the_systems_certificates_are_trusted_if_the_url_says_so(
    postgres_url,
):
    """As far as a server without TLS can show it: both ask it for TLS."""
    url = f"{postgres_url}?sslrootcert=system"
    async with engine_of(url) as engine:
        with pytest.raises(ConnectionError, match="SSL"):
            await engine.connect().start()
    with pytest.raises(psycopg.OperationalError, match="does not support SSL"):
        psycopg.connect(database_url.psycopg_url(url))


async def test_without_tls_a_url_that_wants_it_is_refused(postgres_url):
    for words in ("sslmode=require", "ssl=require", "ssl=true"):
        url = f"{postgres_url}?{words}&channel_binding=require"
        async with engine_of(url) as engine:
            with pytest.raises(ConnectionError, match="SSL"):
                await engine.connect().start()
        with pytest.raises(psycopg.OperationalError, match="not support SSL"):
            psycopg.connect(database_url.psycopg_url(url))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "starts with postgresql://"),
        ("mysql://db/shop", "starts with postgresql://"),
        ("db.internal:5432/shop", "starts with postgresql://"),
        ("postgresql://db/shop?pgbouncer=true", "pgbouncer$"),
        (
            "postgresql://db/shop?schema=a&connection_limit=5",
            "connection_limit",
        ),
        ("postgresql://db/shop?SSLMODE=require", "SSLMODE$"),
        (
            "postgresql://db/shop?keepalives_idle=30s",
            "keepalives_idle .* whole",
        ),
        ("postgresql://db/shop?connect_timeout=soon", "connect_timeout"),
        ("postgresql://db/shop?connect_timeout=", "connect_timeout"),
        ("postgresql://db/shop?port=543z", "port .* whole"),
        ("postgresql://db/shop?prepared_statement_cache_size=no", "cache_size"),
        ("postgresql://db/shop?sslmode", "sslmode .*verify-full"),
        ("postgresql://db/shop?sslmode=required", "sslmode .*require"),
        ("postgresql://db/shop?target_session_attrs=writer", "read-write"),
        ("postgresql://ada:s3#cret@db/shop", "%23"),
        ("postgresql://ada:s3?cret@db/shop", "No driver knows"),
    ],
)
def test_what_no_driver_knows_is_said_before_anybody_connects(url, message):
    for read in (database_url.asyncpg_engine, database_url.psycopg_url):
        with pytest.raises(ValueError, match=message) as refusal:
            read(url)
        assert "cret" not in str(refusal.value)


def test_every_word_of_libpq_is_known_or_refused_on_purpose():
    """Refused: what would send asyncpg elsewhere, or let it trust anybody."""
    words = {
        option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()
    }

    assert words - database_url.BOTH - database_url.LIBPQ == {
        "gssdelegation",
        "hostaddr",
        "oauth_client_id",
        "oauth_client_secret",
        "oauth_issuer",
        "oauth_scope",
        "replication",
        "require_auth",
        "requirepeer",
        "scram_client_key",
        "scram_server_key",
        "sslcertmode",
        "sslcrldir",
        "sslkeylogfile",
    }
    assert words >= database_url.BOTH | database_url.LIBPQ


def test_no_word_is_for_both_drivers_and_for_the_engine_alone():
    tables = importlib.reload(database_url)  # made when the module is imported
    assert tables.BOTH.isdisjoint(tables.ENGINE | tables.LIBPQ)
