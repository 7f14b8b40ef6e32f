"""Imports, and the Ruff settings that keep them and most of this page."""

import asyncio
import errno
import functools
import socket
import tomllib
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from redis import exceptions as redis_errors
from redis.asyncio import Redis

from guide.layout import ROOT, modules
from snippets.code_style import imports, imports_broken
from tests.support.twins import fix_and_twin

PACKAGE = ROOT / "snippets" / "code_style"

REFUSED_CONNECTION = "The readiness check crashes when PostgreSQL is down"
UNORDERED = "Ruff stops the build: a star import, and imports out of order"


def either(raises, reason):
    return fix_and_twin(
        "module", imports, imports_broken, reason, raises=raises
    )


@either(ConnectionRefusedError, REFUSED_CONNECTION)
async def test_a_database_that_is_down_is_not_ready(module, nobody):
    ping = functools.partial(
        asyncpg.connect, host="127.0.0.1", port=nobody, user="shop", ssl=False
    )
    assert not await module.is_ready(ping)


async def test_a_database_whose_socket_is_gone_is_not_ready(tmp_path):
    ping = functools.partial(asyncpg.connect, host=str(tmp_path), user="shop")
    with pytest.raises(FileNotFoundError):
        await ping()
    assert not await imports.is_ready(ping)


def test_an_unknown_name_or_no_route_is_no_connection_error():
    for error in (socket.gaierror(), OSError(errno.EHOSTUNREACH, "No route")):
        assert isinstance(error, imports.UNREACHABLE)
        assert not isinstance(error, ConnectionError | TimeoutError)


@pytest.mark.parametrize("module", [imports, imports_broken])
async def test_a_cache_that_is_down_is_not_ready(module, nobody):
    async with Redis(host="127.0.0.1", port=nobody) as redis:
        assert not await module.is_ready(redis.ping)


@pytest.mark.parametrize("module", [imports, imports_broken])
async def test_with_both_up_it_is_ready(module, postgres_url, redis_url):
    connection = await asyncpg.connect(postgres_url)
    try:
        async with Redis.from_url(redis_url) as redis:
            assert await module.is_ready(
                redis.ping, functools.partial(connection.execute, "select 1")
            )
    finally:
        await connection.close()


async def test_what_hangs_is_not_ready(monkeypatch):
    monkeypatch.setattr(imports, "WITHIN", timedelta(0))
    assert not await imports.is_ready(asyncio.Event().wait)


async def test_a_bug_in_a_ping_is_raised():
    async def ping():
        raise KeyError("dsn")

    with pytest.raises(KeyError, match="dsn"):
        await imports.is_ready(ping)


@either(AssertionError, UNORDERED)
def test_ruff_has_nothing_to_say(module, ruff):
    assert not {"F403", "I001"} & ruff(Path(module.__file__))


def test_redis_names_hide_builtins_they_do_not_extend():
    assert not issubclass(redis_errors.ConnectionError, ConnectionError)
    assert not issubclass(redis_errors.TimeoutError, TimeoutError)


def test_the_settings_hold_for_every_module_of_this_page(ruff):
    own = [
        ROOT / path
        for path in modules()
        if path.parent.name == "code_style"
        and not path.stem.endswith("_broken")
    ]
    assert own
    assert ruff(*own) == set()


def test_the_settings_select_all_that_this_guide_selects():
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]
    shown = tomllib.loads((PACKAGE / "ruff_settings.toml").read_text())
    assert set(ours["lint"]["select"]) <= set(shown["lint"]["select"]) | {"FA"}


@pytest.mark.parametrize(
    ("twin", "rules"),
    [
        ("imports_broken", {"F403", "I001"}),
        ("guard_clauses_broken", {"RET503"}),
        ("error_translation_broken", {"BLE001", "B904"}),
        ("cancellation_broken", {"E722"}),
        ("clock_broken", {"DTZ005"}),
        ("typed_functions_broken", {"ANN001", "ANN201"}),
    ],
)
def test_ruff_catches(twin, rules, ruff):
    assert rules <= ruff(PACKAGE / f"{twin}.py")


@pytest.mark.parametrize(
    "twin",
    [
        "cancellation_foreign_broken",
        "cleanup_exception_broken",
        "cleanup_interrupted_broken",
        "clock_naive_broken",
        "deadline_broken",
        "decimal_money_broken",
        "decimal_money_nan_broken",
        "entry_point_broken",
        "error_outcomes_broken",
        "errors_broken",
        "except_star_broken",
        "immutability_broken",
        "naming_broken",
        "task_group_broken",
        "typed_ids_broken",
    ],
)
def test_ruff_misses(twin, ruff):
    assert {rule[:2] for rule in ruff(PACKAGE / f"{twin}.py")} <= {"D1"}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("class order_line: ...\n", "N801"),
        ("def refundFor(): ...\n", "N802"),
        ("def place(SKU): return SKU\n", "N803"),
        ("class StockError(Exception): ...\n", None),
        ("class OutOfStock(Exception): ...\n", "N818"),
        ("from redis.exceptions import ConnectionError\n", "A004"),
        ("def ship(*, id): return id\n", "A002"),
        ("ORDERS = 1\n", "INP001"),
        (
            "import asyncio\nasync def f(g): asyncio.create_task(g())\n",
            "RUF006",
        ),
        ("from datetime import datetime\nd = datetime.utcnow()\n", "DTZ003"),
        ("def add(lines=[]): lines.append(1)\n", "B006"),
    ],
)
def test_a_rule_that_the_page_names(text, rule, ruff, tmp_path):
    file = tmp_path / "shop.py"
    file.write_text(text)
    naming_and_named = {
        code for code in ruff(file) if code.startswith("N8") or code == rule
    }
    assert naming_and_named == ({rule} if rule else set())


def test_three_groups_with_your_own_package_last(ruff, tmp_path):
    (tmp_path / "__init__.py").touch()
    file = tmp_path / "adapter.py"
    file.write_text(
        '"""Uses all three."""\n\n'
        "from datetime import UTC\n\n"
        "from redis import Redis\n\n"
        "from shop.domain import Order\n\n"
        "__all__ = ['UTC', 'Order', 'Redis']\n"
    )
    assert ruff(file) == set()
