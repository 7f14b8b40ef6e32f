"""Soft delete: successors, duplicates, what queries find, undoing, purging."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec, module_from_spec
from uuid import uuid4

import pytest
from sqlalchemy import delete, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import (
    IntegrityError,
    InvalidRequestError,
    ProgrammingError,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, joinedload, selectinload

from snippets.code_style.errors import ConflictError, NotFoundError
from snippets.database_patterns import soft_delete
from snippets.database_patterns.soft_delete import (
    DELETED_TOO,
    ListingRow,
    LiveSession,
    ReviewRow,
    delete_listing,
    purge_listings,
    restore_listing,
)
from tests.support.twins import fix_and_twin


@pytest.fixture
async def row(engine, name):
    """The module's class, over a table of its own making.

    A twin is executed anew: it is wrong in what it declares.
    """
    if name == "soft_delete":
        return ListingRow
    spec = find_spec(f"snippets.database_patterns.{name}")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    async with engine.begin() as connection:
        await connection.execute(text("drop table listings cascade"))
        await connection.run_sync(module.Base.metadata.create_all)
    return module.ListingRow


async def add(engine, row, **values):
    async with AsyncSession(engine) as session, session.begin():
        listing = row(**{"sku": "MUG", "title": "Mug"} | values)
        session.add(listing)
        await session.flush()
        return listing.id


def gone(days=1):
    return datetime.now(UTC) - timedelta(days=days)


@fix_and_twin(
    "name",
    "soft_delete",
    "soft_delete_unique_broken",
    "A seller deletes a listing and cannot make it anew",
    raises=IntegrityError,
    match="duplicate key value",
)
async def test_what_is_deleted_does_not_block_its_successor(engine, row):
    await add(engine, row, deleted_at=gone())
    await add(engine, row)


@fix_and_twin(
    "name",
    "soft_delete",
    "soft_delete_null_broken",
    "The shop shows the same mug twice",
    raises=pytest.fail.Exception,
)
async def test_of_what_is_not_deleted_there_is_one(engine, row):
    await add(engine, row)
    with pytest.raises(IntegrityError):
        await add(engine, row)


@pytest.mark.parametrize("name", ["soft_delete", "soft_delete_null_broken"])
async def test_one_key_may_be_deleted_many_times(engine, row):
    for days in range(1, 4):
        await add(engine, row, deleted_at=gone(days))
    await add(engine, row)


@pytest.mark.parametrize("name", ["soft_delete", "soft_delete_unique_broken"])
async def test_two_at_once_make_one(engine, row):
    outcomes = await asyncio.gather(
        add(engine, row), add(engine, row), return_exceptions=True
    )
    assert [type(each) for each in outcomes].count(IntegrityError) == 1


def live(engine):
    return AsyncSession(engine, sync_session_class=LiveSession)


@pytest.fixture
async def listings(engine):
    """A mug that is for sale, and a cup that was; each has a review."""
    mug = await add(engine, ListingRow)
    cup = await add(engine, ListingRow, sku="CUP", deleted_at=gone())
    for listing in (mug, cup):
        await add_review(engine, listing)
    return {"MUG": mug, "CUP": cup}


async def add_review(engine, listing_id):
    async with AsyncSession(engine) as session, session.begin():
        session.add(ReviewRow(listing_id=listing_id, text="Fine"))


other = aliased(ListingRow)


@pytest.mark.parametrize(
    "statement",
    [
        select(ListingRow.sku),
        select(other.sku),
        select(ListingRow.sku).join(ReviewRow),
        select(ListingRow.sku).where(
            exists().where(ReviewRow.listing_id == ListingRow.id)
        ),
        select(select(ListingRow.sku).subquery()),
        select(ListingRow.sku).union_all(select(other.sku)).limit(1),
    ],
    ids=["plain", "alias", "join", "exists", "subquery", "union"],
)
async def test_an_orm_query_finds_what_is_not_deleted(
    engine, listings, statement
):
    async with live(engine) as session:
        assert list(await session.scalars(statement)) == ["MUG"]


async def test_counts_and_gets_do_not_find_it_either(engine, listings):
    async with live(engine) as session:
        assert await session.scalar(select(func.count(ListingRow.id))) == 1
        assert await session.get(ListingRow, listings["CUP"]) is None


async def test_who_asks_for_the_deleted_gets_them(engine, listings):
    async with live(engine) as session:
        found = await session.scalars(
            select(ListingRow.sku).order_by(ListingRow.sku),
            execution_options=DELETED_TOO,
        )
        assert list(found) == ["CUP", "MUG"]


@pytest.mark.parametrize("load", [selectinload, joinedload])
async def test_what_refers_to_it_finds_nothing_there(engine, listings, load):
    query = select(ReviewRow).options(load(ReviewRow.listing))
    async with live(engine) as session:
        reviews = (await session.scalars(query)).all()
        skus = {review.listing and review.listing.sku for review in reviews}

    assert skus == {"MUG", None}


async def test_a_refresh_finds_its_row_though_it_was_deleted(engine, listings):
    async with live(engine) as session:
        mug = await session.get_one(ListingRow, listings["MUG"])
        async with AsyncSession(engine) as another, another.begin():
            await delete_listing(another, listings["MUG"])
        await session.refresh(mug)
        assert mug.deleted_at is not None
        assert await session.get(ListingRow, listings["MUG"]) is mug


@pytest.mark.parametrize(
    "change", [update(ListingRow).values(title="New"), delete(ListingRow)]
)
async def test_a_change_of_all_leaves_the_deleted(engine, listings, change):
    async with live(engine) as session, session.begin():
        assert (await session.execute(change)).rowcount == 1
    async with AsyncSession(engine) as session:
        cup = await session.get_one(ListingRow, listings["CUP"])
        assert cup.title == "Mug"


async def test_what_is_not_the_orm_s_finds_everything(engine, listings):
    async with live(engine) as session:
        for statement in (
            select(ListingRow.__table__.c.sku),
            text("select sku from listings"),
        ):
            assert len((await session.execute(statement)).all()) == 2


async def test_the_index_answers_queries_for_what_is_not_deleted(
    engine, listings
):
    async with engine.connect() as connection:
        await connection.execute(text("set local enable_seqscan = off"))
        plan = await connection.scalars(
            text(
                "explain select * from listings"
                " where sku = 'MUG' and deleted_at is null"
            )
        )
        assert re.search(r"\buq_listings_sku\b", "".join(plan))


async def test_an_upsert_names_the_condition_of_the_index(engine, listings):
    upsert = insert(ListingRow).values(sku="MUG", title="New")
    async with engine.connect() as connection:
        done = await connection.execute(
            upsert.on_conflict_do_nothing(
                index_elements=["sku"],
                index_where=ListingRow.deleted_at.is_(None),
            )
        )
        assert done.rowcount == 0
        with pytest.raises(ProgrammingError, match="no unique or exclusion"):
            await connection.execute(
                upsert.on_conflict_do_nothing(index_elements=["sku"])
            )


async def skus(engine):
    async with live(engine) as session:
        found = await session.scalars(
            select(ListingRow.sku).order_by(ListingRow.sku)
        )
        return list(found)


async def within(engine, function, *arguments):
    async with live(engine) as session, session.begin():
        return await function(session, *arguments)


async def test_what_is_deleted_can_be_restored(engine, listings):
    await within(engine, delete_listing, listings["MUG"])
    assert await skus(engine) == []
    for id_ in listings.values():
        await within(engine, restore_listing, id_)
    assert await skus(engine) == ["CUP", "MUG"]


async def test_what_has_a_successor_cannot_be_restored(engine, listings):
    await within(engine, delete_listing, listings["MUG"])
    await add(engine, ListingRow, title="New mug")

    with pytest.raises(ConflictError):
        await within(engine, restore_listing, listings["MUG"])
    assert await skus(engine) == ["MUG"]


async def test_of_two_restored_at_once_one_comes_back(engine):
    first = await add(engine, ListingRow, deleted_at=gone(2))
    second = await add(engine, ListingRow, deleted_at=gone(1))

    outcomes = await asyncio.gather(
        within(engine, restore_listing, first),
        within(engine, restore_listing, second),
        return_exceptions=True,
    )

    assert [type(each) for each in outcomes].count(ConflictError) == 1
    assert await skus(engine) == ["MUG"]


async def test_twice_is_an_error(engine, listings):
    await within(engine, delete_listing, listings["MUG"])
    for function, id_ in [
        (delete_listing, listings["MUG"]),
        (delete_listing, uuid4()),
        (restore_listing, uuid4()),
    ]:
        with pytest.raises(NotFoundError):
            await within(engine, function, id_)
    await within(engine, restore_listing, listings["MUG"])
    with pytest.raises(NotFoundError):
        await within(engine, restore_listing, listings["MUG"])


async def test_a_time_of_deletion_is_not_moved(engine, listings):
    """Or a second click would put off the purge."""
    async with AsyncSession(engine) as session:
        with pytest.raises(NotFoundError):
            await delete_listing(session, listings["CUP"])


async def test_the_database_lets_others_refer_to_it(engine, listings):
    await add_review(engine, listings["CUP"])


async def test_a_purge_deletes_for_good_what_was_deleted_by_then(
    engine, listings
):
    recent = await add(engine, ListingRow, sku="POT", deleted_at=gone(1))
    async with AsyncSession(engine) as session, session.begin():
        cup = await session.get_one(ListingRow, listings["CUP"])
        cup.deleted_at = gone(31)

    assert await within(engine, purge_listings, gone(30)) == 1

    async with AsyncSession(engine) as session:
        left = set(await session.scalars(select(ListingRow.id)))
        reviewed = set(await session.scalars(select(ReviewRow.listing_id)))
    assert left == {listings["MUG"], recent}
    assert reviewed == {listings["MUG"]}


async def test_the_session_s_own_delete_is_for_good(engine, listings):
    async with live(engine) as session, session.begin():
        mug = await session.get_one(ListingRow, listings["MUG"])
        await session.delete(mug)
    async with AsyncSession(engine) as session:
        assert await session.get(ListingRow, listings["MUG"]) is None


async def test_a_purge_keeps_what_was_deleted_at_that_moment(engine):
    moment = gone(30)
    await add(engine, ListingRow, deleted_at=moment)
    assert await within(engine, purge_listings, moment) == 0


async def test_reviews_are_found_by_their_listing(engine):
    """Or each purge of a listing would read all reviews."""
    query = text("select indexdef from pg_indexes where tablename = 'reviews'")
    async with engine.connect() as connection:
        found = list(await connection.scalars(query))
    assert any(index.endswith("(listing_id)") for index in found)


async def test_a_listing_is_loaded_only_if_it_is_asked_for(engine, listings):
    async with live(engine) as session:
        review = (await session.scalars(select(ReviewRow))).first()
        with pytest.raises(InvalidRequestError, match="lazy='raise'"):
            _ = review.listing


async def test_a_purge_takes_an_instant(engine):
    with pytest.raises(ValueError, match="no time zone"):
        await within(engine, purge_listings, datetime(2026, 1, 1))  # noqa: DTZ001 - the point


async def test_a_plain_session_finds_the_deleted(engine, listings):
    assert soft_delete.LiveSession is LiveSession
    async with AsyncSession(engine) as session:
        assert await session.scalar(select(func.count(ListingRow.id))) == 2
