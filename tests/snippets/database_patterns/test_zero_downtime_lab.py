"""Two releases on one schema while customers come: who is turned away?"""

import asyncio

import httpx
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from guide.evidence.timeline import Timeline
from snippets.database_patterns.backfill import POSTAL_CODES, backfill
from snippets.database_patterns.delivery_addresses import DeliveryAddressRow
from snippets.database_patterns.zero_downtime_lab import address_service
from tests.snippets.database_patterns.migrating import (
    ADDRESSES,
    History,
    rewritten,
)
from tests.snippets.database_patterns.rollout import Rollout
from tests.support.http import served
from tests.support.twins import fix_and_twin

IN_STEPS = "expand and contract"
OLD_ROWS = 300
CODES = "select id, postal_code from delivery_addresses"
# Names that the processes of the lab are given.
RELEASES = "tests.snippets.database_patterns.releases"


async def migrate(history, revision):
    await asyncio.to_thread(history.upgrade, revision)


async def expand_and_contract(shop, history, engine):
    """Whatever runs between two of the steps may run there."""

    async def go_on(_):
        await asyncio.sleep(0)

    async with shop.step("expand"):
        await migrate(history, "0005")
    async with shop.step("backfill"):
        assert await backfill(engine, POSTAL_CODES, go_on, size=50) > 0
    async with shop.step("switch"):
        await migrate(history, "0007")
    async with shop.step("start the new"):
        await shop.start("new")
    async with shop.step("both"):
        shop.let_in("new")
    async with shop.step("stop the old"):
        await shop.stop("old")
    async with shop.step("contract"):
        await migrate(history, "0008")


async def rename(shop, history, _):
    """Migrate, then deploy."""
    async with shop.step("rename"):
        await migrate(history, "0005")
    async with shop.step("start the new"):
        await shop.start("new")
    async with shop.step("both"):
        shop.let_in("new")
    async with shop.step("stop the old"):
        await shop.stop("old")


def wrong(history, expected):
    """Rows that do not hold what was written last, and those that are lost."""
    with history.connect() as connection:
        found = dict(connection.execute(CODES).fetchall())
    before = {
        key: f"{key:05}"
        for key in range(1, OLD_ROWS + 1)
        if key not in expected
    }
    return [
        key
        for key, code in (before | expected).items()
        if found.get(key) != code
    ]


@pytest.mark.timeout(180)  # two servers, each with libraries to import
@fix_and_twin(
    "way",
    IN_STEPS,
    "rename in one step",
    "From the rename until the new release is there, customers get a 500.",
    judged="database_patterns.delivery_addresses_rename_broken",
)
async def test_while_both_releases_run_nobody_is_turned_away(
    tmp_path, postgres_url, asyncpg_url, way
):
    twin = {"r0005_rename": "delivery_addresses_rename_broken"}
    history = rewritten(
        tmp_path / "m", postgres_url, revisions={} if way == IN_STEPS else twin
    )
    roll_out = expand_and_contract if way == IN_STEPS else rename
    engine = create_async_engine(asyncpg_url)
    await migrate(history, "0004")
    history.sql(ADDRESSES, OLD_ROWS)

    async with Rollout(postgres_url) as shop:
        await shop.start("old")
        shop.let_in("old")
        await shop.open()
        async with shop.step("before"):
            pass
        await roll_out(shop, history, engine)
        await shop.close()

    await engine.dispose()
    lost = wrong(history, shop.expected)
    timeline = Timeline(
        "database_patterns", "zero_downtime_lab", way, shop.phases, len(lost)
    )
    timeline.save()
    assert lost == []
    assert timeline.failed == 0, shop.phases


@pytest.fixture
async def service(postgres_url):
    history = History(postgres_url)
    await migrate(history, "head")
    app = address_service(postgres_url, DeliveryAddressRow, "postal_code")
    async with (
        served(app) as address,
        httpx.AsyncClient(base_url=address) as client,
    ):
        yield client


async def test_an_address_is_saved_changed_and_shown(service):
    saved = await service.post("/addresses", json={"postal_code": "10115"})
    assert saved.status_code == 201
    path = f"/addresses/{saved.json()}"
    assert (await service.get(path)).json() == {"postal_code": "10115"}
    changed = await service.put(path, json={"postal_code": "EC1A 1BB"})
    assert changed.status_code == 204
    assert (await service.get(path)).json() == {"postal_code": "EC1A 1BB"}


@pytest.mark.parametrize("key", [7, 2**63 - 1])
async def test_what_is_not_there_is_404(service, key):
    body = {"postal_code": "10115"}
    assert (await service.get(f"/addresses/{key}")).status_code == 404
    assert (
        await service.put(f"/addresses/{key}", json=body)
    ).status_code == 404


@pytest.mark.parametrize("key", ["0", str(2**63), "x"])
async def test_a_key_is_one_that_the_column_can_hold(service, key):
    assert (await service.get(f"/addresses/{key}")).status_code == 422


@pytest.mark.parametrize("code", ["", "1", "a" * 11, "10115\0", "1011\n", None])
async def test_a_postal_code_has_a_form(service, code):
    saved = await service.post("/addresses", json={"postal_code": code})
    assert saved.status_code == 422
