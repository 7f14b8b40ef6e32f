"""Users as rows: versions, one address for one user, conflicts by name."""

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.api_design.user_table import (
    EmailTakenError,
    Role,
    UserChangedError,
    UserRow,
    user_conflicts,
)


@pytest.fixture
async def ann(engine):
    """Ann, as two sessions have read her."""
    async with AsyncSession(engine, expire_on_commit=False) as session:
        session.add(row := UserRow(email="ann@shop.example", name="Ann"))
        await session.commit()
        async with AsyncSession(engine) as other:
            yield (session, row), (other, await other.get(UserRow, row.id))


async def test_a_new_user_is_a_customer_at_version_1(ann):
    (_, row), _ = ann

    assert (row.role, row.version) == (Role.CUSTOMER, 1)
    assert row.id.version == 7
    assert row.created_at.utcoffset() is not None
    assert row.password_hash is None


async def test_a_change_counts_and_what_changes_nothing_does_not(ann):
    (session, row), _ = ann

    row.name = "Ann"
    await session.flush()
    assert row.version == 1
    row.name = "Anna"
    await session.flush()
    assert row.version == 2


@pytest.mark.parametrize("deletes", [False, True])
async def test_the_later_of_two_changes_is_refused(ann, deletes):
    (session, row), (other, same) = ann
    row.name = "Anna"
    await session.commit()

    same.name = "Annie"
    if deletes:
        await other.delete(same)
    with pytest.raises(UserChangedError), user_conflicts():
        await other.flush()


async def test_an_address_is_given_once_in_whatever_case(ann):
    _, (other, _) = ann

    other.add(UserRow(email="ANN@SHOP.example", name="Eve"))
    with pytest.raises(EmailTakenError), user_conflicts():
        await other.flush()


async def test_what_is_no_conflict_stays_what_it_is(ann):
    _, (other, _) = ann

    other.add(UserRow(email="bob@shop.example"))
    with pytest.raises(IntegrityError, match="not-null"), user_conflicts():
        await other.flush()
