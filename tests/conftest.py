"""Fixtures that every test may use: real servers, isolated for each test."""

import fcntl
import gc
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck, settings
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tests.support import missing
from tests.support.databases import Databases
from tests.support.servers import QUICK, SLOW, Servers, own_url

pytest_plugins = ["tests.support.project", "tests.support.crash_points"]

# A busy machine is no finding.
settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")

servers_key = pytest.StashKey[Servers]()


def is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def runs_workers(config: pytest.Config) -> bool:
    return getattr(config.option, "dist", "no") != "no"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport():
    """Makes reports that cannot end the whole run.

    The garbage collector is at rest: if it ends a greenlet of SQLAlchemy while
    pytest parses source for a traceback, Python 3.11 loses count of its depth
    (SystemError, "AST constructor recursion depth mismatch"). And what a test
    has logged may hold half a pair of surrogates, which no worker can send.
    """
    gc.disable()
    try:
        report = yield
    finally:
        gc.enable()
    report.sections = [
        (name, text.encode(errors="backslashreplace").decode())
        for name, text in report.sections
    ]
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests wait for servers and pages."""
    return (os.cpu_count() or 1) + 1


def pytest_configure(config: pytest.Config) -> None:
    servers = config.stash[servers_key] = Servers()
    config.pluginmanager.register(missing)
    if is_worker(config):
        servers.urls, servers.absent, servers.pids = json.loads(
            config.workerinput["servers"]
        )
    elif not config.option.collectonly:
        # Workers cannot start what they share.
        servers.start(*QUICK, *(SLOW if runs_workers(config) else ()))
        servers.wait(*QUICK)
        config.pluginmanager.register(servers, name="servers")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    servers = node.config.stash[servers_key]
    node.workerinput["servers"] = json.dumps(
        [servers.urls, servers.absent, servers.pids]
    )


def pytest_unconfigure(config: pytest.Config) -> None:
    if not is_worker(config) and not config.option.collectonly:
        config.stash[servers_key].stop()


def server_url(config: pytest.Config, name: str) -> str:
    servers = config.stash[servers_key]
    if name in SLOW:
        if name not in servers.urls | servers.absent:
            servers.start(name)
        servers.wait(name)
    if name in servers.absent:
        missing.give_up(name, servers.absent[name])
    return servers.urls[name]


def note(request: pytest.FixtureRequest, name: str) -> None:
    """That the test uses the server: the evidence report tells on which."""
    request.node.user_properties.append(("server", name))


def noted_url(request: pytest.FixtureRequest, name: str) -> str:
    note(request, name)
    return server_url(request.config, name)


def common_folder(
    config: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A temporary folder of this run, the same for all workers."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if is_worker(config) else base


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> str:
    """``postgresql://…`` of the server's own database: leave it as it is."""
    return server_url(pytestconfig, "postgres")


@pytest.fixture(scope="session")
def databases(postgres_server: str) -> Iterator[Databases]:
    databases = Databases(postgres_server)
    yield databases
    databases.close()


@pytest.fixture
def postgres_url(
    request: pytest.FixtureRequest, databases: Databases
) -> Iterator[str]:
    """``postgresql://…`` of an empty database that lives for one test."""
    note(request, "postgres")
    with databases.empty() as url:
        yield url


@pytest.fixture
def asyncpg_url(postgres_url: str) -> str:
    """The same database for SQLAlchemy's async engine."""
    return postgres_url.replace("postgresql:", "postgresql+asyncpg:")


@pytest.fixture
def pgbouncer_url(request: pytest.FixtureRequest) -> str:
    """``postgres_url`` by way of PgBouncer, in transaction mode."""
    url = noted_url(request, "pgbouncer")
    postgres_url = request.getfixturevalue("postgres_url")
    return f"{url.rpartition('/')[0]}/{postgres_url.rpartition('/')[2]}"


@pytest.fixture
def redis_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """An empty Valkey database that is this test's alone.

    On our own server each worker has one. Of a ``REDIS_URL`` no database but
    the one it names is touched: the workers take turns.
    """
    url = noted_url(request, "redis")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    if own_url("redis"):
        worker = "all"
    else:
        url = f"{url.rpartition('/')[0]}/{worker}"
    turn = f"redis-{worker}.lock"
    folder = common_folder(request.config, tmp_path_factory)
    with (folder / turn).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with redis.Redis.from_url(url) as client:
            client.flushdb()
        yield url


@pytest.fixture
def nats_url(request: pytest.FixtureRequest) -> str:
    """NATS with JetStream, shared by all tests: use names of your own."""
    return noted_url(request, "nats")


@pytest.fixture
def amqp_url(request: pytest.FixtureRequest) -> str:
    """RabbitMQ, shared by all tests: use names of your own."""
    return noted_url(request, "amqp")


@pytest.fixture
def temporal_url(request: pytest.FixtureRequest) -> str:
    """``temporal://host:port``, shared by all tests: use names of your own."""
    return noted_url(request, "temporal")


@pytest.fixture(params=["for the engine", "as its option", "as both"])
async def at_level(asyncpg_url: str, request: pytest.FixtureRequest):
    """Engines that begin transactions at a level of isolation."""
    made = []

    def at_level(level: str) -> AsyncEngine:
        default = None if request.param == "as its option" else level
        made.append(create_async_engine(asyncpg_url, isolation_level=default))
        if request.param == "for the engine":
            return made[-1]
        return made[-1].execution_options(isolation_level=level)

    yield at_level
    for each in made:
        await each.dispose()
