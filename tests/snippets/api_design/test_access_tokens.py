"""Access tokens: stored as a digest, expired, withdrawn, gone with the user."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.api_design.access_tokens import (
    AccessTokenRow,
    PostgresTokens,
    issue_token,
)
from snippets.api_design.current_user import Principal
from snippets.api_design.user_table import Role, UserRow
from snippets.code_style.errors import DatabaseError
from tests.snippets.api_design.accounts import HOUR, sign_up


@pytest.fixture
async def ann(engine):
    """Ann's id and token."""
    user_id, headers = await sign_up(engine, "ann")
    return user_id, headers["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def verify(engine):
    return PostgresTokens(engine)


@pytest.fixture
def execute(engine):
    async def execute(statement):
        async with engine.begin() as connection:
            await connection.execute(statement)

    return execute


async def test_a_token_is_its_users(verify, ann):
    user_id, token = ann
    assert await verify(token) == Principal(user_id, Role.CUSTOMER)


async def test_a_role_that_is_taken_is_gone_at_once(verify, ann, execute):
    user_id, token = ann
    await execute(update(UserRow).values(role=Role.ADMIN))
    assert await verify(token) == Principal(user_id, Role.ADMIN)
    await execute(update(UserRow).values(role=Role.CUSTOMER))
    assert await verify(token) == Principal(user_id, Role.CUSTOMER)


async def test_whatever_is_no_token_is_nobodys(verify, ann):
    _, token = ann
    for wrong in ("", token[:-1], token + "=", token.upper(), "\0", "\ud800"):
        assert await verify(wrong) is None


async def test_a_token_ends(engine, verify):
    for lifetime in (timedelta(0), -HOUR):
        _, headers = await sign_up(
            engine, f"ann{lifetime.days}", lifetime=lifetime
        )
        token = headers["Authorization"].removeprefix("Bearer ")
        assert await verify(token) is None


async def test_a_token_is_withdrawn_by_deleting_it(verify, ann, execute):
    _, token = ann
    await execute(delete(AccessTokenRow))
    assert await verify(token) is None


async def test_a_deleted_user_has_no_token(verify, ann, execute, engine):
    _, token = ann
    await execute(delete(UserRow))
    assert await verify(token) is None
    async with engine.connect() as connection:
        assert not (await connection.execute(select(AccessTokenRow))).all()


async def test_the_table_does_not_know_the_token(ann, engine):
    _, token = ann
    async with engine.connect() as connection:
        query = text("select access_tokens::text from access_tokens")
        row = await connection.scalar(query)
    assert token not in row
    assert token.encode().hex() not in row


async def test_two_tokens_differ_and_hold(engine, verify, ann):
    user_id, first = ann
    async with AsyncSession(engine) as session, session.begin():
        second = await issue_token(session, user_id, HOUR)
    assert first != second
    assert len(second) == 43
    assert await verify(first) == await verify(second)


async def test_nobody_gets_no_token(engine):
    async with AsyncSession(engine) as session:
        with pytest.raises(IntegrityError):
            await issue_token(session, uuid4(), HOUR)


async def test_a_database_that_is_away_is_told_from_a_wrong_token():
    engine = create_async_engine("postgresql+asyncpg://127.0.0.1:1/x")
    with pytest.raises(DatabaseError):
        await PostgresTokens(engine)("x")
    await engine.dispose()
