"""Fixtures that every test may use: real servers, isolated for each test."""

import json
import os
from collections.abc import Iterator

import pytest
import redis
from hypothesis import HealthCheck, settings

from tests.databases import Databases
from tests.servers import QUICK, SLOW, Servers

pytest_plugins = ["tests.project", "tests.crash_points"]

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


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests wait for servers and pages."""
    return (os.cpu_count() or 1) + 1


def pytest_configure(config: pytest.Config) -> None:
    servers = config.stash[servers_key] = Servers()
    if is_worker(config):
        servers.urls, servers.absent = json.loads(config.workerinput["servers"])
    elif not config.option.collectonly:
        # Workers cannot start what they share.
        servers.start(*QUICK, *(SLOW if runs_workers(config) else ()))
        servers.wait(*QUICK)
        config.pluginmanager.register(servers, name="servers")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    servers = node.config.stash[servers_key]
    node.workerinput["servers"] = json.dumps([servers.urls, servers.absent])


def pytest_unconfigure(config: pytest.Config) -> None:
    if not is_worker(config) and not config.option.collectonly:
        config.stash[servers_key].stop()


def server_url(config: pytest.Config, name: str) -> str:
    servers = config.stash[servers_key]
    if name in SLOW:
        if not is_worker(config) and name not in servers.urls:
            servers.start(name)
        servers.wait(name)
    if name in servers.absent:
        remedy = f"{servers.absent[name]}; or set {name.upper()}_URL."
        if os.environ.get("CI"):
            pytest.fail(remedy, pytrace=False)
        pytest.skip(remedy)
    return servers.urls[name]


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
def postgres_url(databases: Databases) -> Iterator[str]:
    """``postgresql://…`` of an empty database that lives for one test."""
    with databases.empty() as url:
        yield url


@pytest.fixture
def asyncpg_url(postgres_url: str) -> str:
    """The same database for SQLAlchemy's async engine."""
    return postgres_url.replace("postgresql:", "postgresql+asyncpg:")


@pytest.fixture
def redis_url(pytestconfig: pytest.Config) -> str:
    """An empty Valkey database of this worker's own."""
    base = server_url(pytestconfig, "redis").rpartition("/")[0]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    url = f"{base}/{int(worker.removeprefix('gw'))}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture
def nats_url(pytestconfig: pytest.Config) -> str:
    """NATS with JetStream, shared by all tests: use names of your own."""
    return server_url(pytestconfig, "nats")


@pytest.fixture
def amqp_url(pytestconfig: pytest.Config) -> str:
    """RabbitMQ, shared by all tests: use names of your own."""
    return server_url(pytestconfig, "amqp")


@pytest.fixture
def temporal_url(pytestconfig: pytest.Config) -> str:
    """``temporal://host:port``, shared by all tests: use names of your own."""
    return server_url(pytestconfig, "temporal")
