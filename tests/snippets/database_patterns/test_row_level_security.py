"""Row-level security: forgotten filters, pools, owners, keys, views."""

import asyncio
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from sqlalchemy import (
    Column,
    MetaData,
    Table,
    Uuid,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.database_patterns import (
    row_level_security,
    row_level_security_owner_broken,
    row_level_security_pool_broken,
)
from snippets.database_patterns.row_level_security import (
    SELLER,
    SellerOfferRow,
    require_policies,
    seller_sessions,
)
from tests.support.twins import fix_and_twin

ANN, BOB = UUID(int=0xA), UUID(int=0xB)
offers = select(SellerOfferRow.seller_id, SellerOfferRow.sku).order_by(
    SellerOfferRow.seller_id, SellerOfferRow.sku
)


@pytest.fixture
async def roles(engine):
    """Engines that connect as a role that may do this and that."""
    made, engines = [], []

    @asynccontextmanager
    async def administrator():
        async with engine.begin() as connection:
            yield connection

    async def role(*rights, options="", **settings):
        name = f"role_{uuid4().hex}"
        async with administrator() as connection:
            await connection.execute(
                text(f"create role {name} login password 'any' {options}")
            )
            made.append(name)
            for right in rights:
                await connection.execute(text(f"grant {right} to {name}"))
        url = engine.url.set(username=name, password="any")  # noqa: S106 - of a role that lives for one test
        engines.append(create_async_engine(url, **settings))
        return engines[-1]

    yield role
    for each in engines:
        await each.dispose()
    async with administrator() as connection:
        for name in made:
            await connection.execute(text(f"drop owned by {name}"))
            await connection.execute(text(f"drop role {name}"))


READ_AND_WRITE = "select, insert, update, delete on seller_offers"


@pytest.fixture
async def service(engine, roles):
    """As which the service connects: with one connection, which all share."""
    async with engine.begin() as connection:
        for seller in (ANN, BOB):
            await connection.execute(
                insert(SellerOfferRow).values(
                    seller_id=seller, sku="MUG", price=5
                )
            )
    return await roles(READ_AND_WRITE, pool_size=1, max_overflow=0)


async def seen(engine, seller=None, statement=offers):
    sessions = (
        AsyncSession(engine)
        if seller is None
        else seller_sessions(engine, seller)()
    )
    async with sessions as session:
        return [tuple(row) for row in await session.execute(statement)]


@pytest.mark.parametrize("seller", [ANN, BOB])
async def test_a_query_without_a_filter_finds_one_s_own(service, seller):
    assert await seen(service, seller) == [(seller, "MUG")]


@fix_and_twin(
    "module",
    row_level_security,
    row_level_security_pool_broken,
    "A visitor is shown the offers of the seller who had the connection before",
)
async def test_who_set_no_seller_sees_nothing(service, module):
    async with module.seller_sessions(service, ANN).begin() as session:
        assert len((await session.execute(offers)).all()) == 1

    assert await seen(service) == []


async def test_the_twin_works_while_everybody_sets_a_seller(service):
    for seller in (ANN, BOB):
        sessions = row_level_security_pool_broken.seller_sessions(
            service, seller
        )
        async with sessions.begin() as session:
            assert [tuple(row) for row in await session.execute(offers)] == [
                (seller, "MUG")
            ]


async def table_of_owner(module, roles):
    """A table as ``module`` protects it, with offers of two; its owner."""
    owner = await roles("create on schema public")
    table = SellerOfferRow.__table__.to_metadata(MetaData(), name="own_offers")
    module.isolate(table)
    async with owner.begin() as connection:
        await connection.run_sync(table.create)
    for seller in (ANN, BOB):
        async with seller_sessions(owner, seller).begin() as session:
            await session.execute(
                insert(table).values(seller_id=seller, sku="MUG", price=5)
            )
    return owner, table


@fix_and_twin(
    "module",
    row_level_security,
    row_level_security_owner_broken,
    "Each seller is shown the offers of all the others",
)
async def test_the_policy_holds_for_the_owner_of_the_table(
    engine, roles, module
):
    owner, table = await table_of_owner(module, roles)

    assert await seen(owner, ANN, select(table.c.seller_id)) == [(ANN,)]


@pytest.mark.parametrize("name", ["seller_offers", "Order", "own-offers"])
async def test_a_table_of_any_name_in_any_schema_gets_its_own_policy(
    engine, name
):
    table = Table(
        name, MetaData(), Column("seller_id", Uuid), schema="Second Shop"
    )
    row_level_security.isolate(table)
    forced = text(
        "select relrowsecurity and relforcerowsecurity from pg_class"
        " join pg_namespace as schema on schema.oid = relnamespace"
        " where nspname = 'Second Shop'"
    )
    async with engine.begin() as connection:
        # Otherwise it would do the work of the one that is meant.
        await connection.execute(text("drop table seller_offers"))
        await connection.execute(text("create table seller_offers ()"))
        await connection.execute(text('create schema "Second Shop"'))
        await connection.run_sync(table.create)
        assert (await connection.scalars(forced)).all() == [True]


@pytest.mark.parametrize(
    "module", [row_level_security, row_level_security_owner_broken]
)
async def test_the_policy_holds_for_others(engine, roles, module):
    _, table = await table_of_owner(module, roles)
    other = await roles("select on own_offers")

    assert await seen(other, ANN, select(table.c.seller_id)) == [(ANN,)]


async def test_a_used_connection_denies_as_a_new_one_does(service):
    """The setting is '' there: as a uuid, that would be an error."""
    assert await seen(service) == []
    assert await seen(service, ANN) == [(ANN, "MUG")]
    async with AsyncSession(service) as session:
        setting = select(func.current_setting(SELLER, True))
        assert await session.scalar(setting) == ""
    assert await seen(service) == []


async def test_every_transaction_of_a_session_is_the_seller_s(service):
    async with seller_sessions(service, ANN)() as session:
        for end in (session.commit, session.rollback, session.commit):
            assert len((await session.execute(offers)).all()) == 1
            await end()
        with pytest.raises(DBAPIError):
            async with session.begin_nested():
                await session.execute(text("select 1 / 0"))
        assert len((await session.execute(offers)).all()) == 1


async def test_many_sellers_on_few_connections_see_their_own(engine, roles):
    service = await roles(READ_AND_WRITE, pool_size=2, max_overflow=0)
    sellers = [uuid4() for _ in range(40)]

    async def sell(seller):
        async with seller_sessions(service, seller).begin() as session:
            session.add(SellerOfferRow(seller_id=seller, sku="MUG", price=1))
            await session.flush()
            return (await session.execute(offers)).all()

    found = await asyncio.gather(*map(sell, sellers))

    assert found == [[(seller, "MUG")] for seller in sellers]
    assert await seen(service) == []


async def test_one_who_leaves_in_the_middle_leaves_no_seller_behind(service):
    reached = asyncio.Event()

    async def stay():
        async with seller_sessions(service, ANN)() as session:
            await session.execute(offers)
            reached.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(stay())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await seen(service) == []


@pytest.mark.parametrize(
    "change",
    [
        insert(SellerOfferRow).values(seller_id=BOB, sku="CUP", price=1),
        update(SellerOfferRow).values(seller_id=BOB),
    ],
    ids=["insert", "update"],
)
async def test_nobody_writes_a_row_of_another(service, change):
    async with seller_sessions(service, ANN)() as session:
        with pytest.raises(DBAPIError, match="row-level security"):
            await session.execute(change)


async def test_without_a_seller_nothing_is_written(service):
    async with AsyncSession(service) as session:
        with pytest.raises(DBAPIError, match="row-level security"):
            await session.execute(
                insert(SellerOfferRow).values(seller_id=ANN, sku="A", price=1)
            )


@pytest.mark.parametrize(
    "change", [update(SellerOfferRow).values(price=1), delete(SellerOfferRow)]
)
async def test_a_change_of_all_rows_changes_one_s_own(engine, service, change):
    async with seller_sessions(service, ANN).begin() as session:
        assert (await session.execute(change)).rowcount == 1

    unchanged = select(SellerOfferRow.seller_id).filter_by(price=5)
    async with AsyncSession(engine) as session:
        assert await session.scalar(unchanged) == BOB


async def test_at_autocommit_there_is_no_transaction_and_nothing_is_seen(
    service,
):
    engine = service.execution_options(isolation_level="AUTOCOMMIT")
    assert await seen(engine, ANN) == []


async def test_sellers_do_not_learn_of_each_other_s_keys(engine, service):
    async with seller_sessions(service, ANN).begin() as session:
        session.add(SellerOfferRow(seller_id=ANN, sku="CUP", price=1))
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "create unique index without_seller on seller_offers (sku)"
                " where sku <> 'MUG'"
            )
        )
    async with seller_sessions(service, BOB)() as session:
        session.add(SellerOfferRow(seller_id=BOB, sku="CUP", price=1))
        with pytest.raises(IntegrityError, match="without_seller"):
            await session.flush()  # so somebody sells cups


async def test_a_foreign_key_reaches_past_the_policy(engine, roles, service):
    """So let it name the seller: then a policy of its own table holds it."""
    async with engine.begin() as connection:
        for statement in [
            "alter table seller_offers add id int unique"
            " generated always as identity",
            "create table notes (id int references seller_offers (id))",
            "grant insert on notes to public",
        ]:
            await connection.execute(text(statement))
        of_ann = await connection.scalar(
            text("select id from seller_offers where seller_id = :ann"),
            {"ann": ANN},
        )
    note = text("insert into notes values (:id)")
    async with seller_sessions(service, BOB)() as session:
        await session.execute(note, {"id": of_ann})  # so it exists
        with pytest.raises(IntegrityError, match="foreign key"):
            await session.execute(note, {"id": 0})


async def test_a_view_sees_what_its_owner_sees(engine, roles, service):
    """A superuser's sees everything, unless it is told to ask as its user."""
    async with engine.begin() as connection:
        for statement in [
            "create view all_offers as select sku from seller_offers",
            "create view own_offers with (security_invoker = true)"
            " as select sku from seller_offers",
        ]:
            await connection.execute(text(statement))
    reader = await roles(
        "select on seller_offers", "select on all_offers, own_offers"
    )

    assert len(await seen(reader, ANN, text("select * from all_offers"))) == 2
    assert len(await seen(reader, ANN, text("select * from own_offers"))) == 1


async def test_a_migration_of_data_changes_nothing_unless_it_asks(
    engine, roles
):
    owner, table = await table_of_owner(row_level_security, roles)
    raise_prices = update(table).values(price=table.c.price + 1)
    async with owner.begin() as connection:
        assert (await connection.execute(raise_prices)).rowcount == 0
    async with owner.connect() as connection:
        await connection.execute(text("set local row_security = off"))
        with pytest.raises(DBAPIError, match="row-level security policy"):
            await connection.execute(raise_prices)


async def test_a_process_that_policies_do_not_bind_does_not_start(
    engine, roles, service
):
    await require_policies(service)
    for exempt in (engine, await roles(options="bypassrls")):
        with pytest.raises(RuntimeError, match="for this role: seller_offers"):
            await require_policies(exempt)


@pytest.mark.parametrize(
    ("module", "holds"),
    [
        (row_level_security, True),
        (row_level_security_owner_broken, False),
    ],
)
async def test_a_process_that_owns_the_table_starts_if_forced(
    roles, module, holds
):
    owner, _ = await table_of_owner(module, roles)
    if holds:
        await require_policies(owner)
    else:
        with pytest.raises(RuntimeError, match="own_offers"):
            await require_policies(owner)


async def test_a_key_that_starts_with_the_seller_serves_the_policy(service):
    async with seller_sessions(service, ANN)() as session:
        await session.execute(text("set local enable_seqscan = off"))
        await session.execute(text("set local enable_bitmapscan = off"))
        plan = await session.scalars(
            text("explain select * from seller_offers where sku = 'MUG'")
        )
        condition = next(step for step in plan if "Index Cond" in step)

    assert "seller_id = (NULLIF(current_setting" in condition
    assert "'MUG'" in condition
