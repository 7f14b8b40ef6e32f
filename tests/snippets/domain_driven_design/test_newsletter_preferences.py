"""Newsletter preferences: the counter-example that needs no domain model."""

from uuid import uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.domain_driven_design.newsletter_preferences import (
    NewsletterPreferences,
    preferences_table,
    save_preferences,
)


@pytest.fixture
async def connection(asyncpg_url):
    engine = create_async_engine(asyncpg_url)
    async with engine.begin() as connection:
        await connection.run_sync(preferences_table.metadata.create_all)
        yield connection
    await engine.dispose()


async def test_the_last_save_wins(connection):
    customer = uuid4()
    weekly = NewsletterPreferences(frequency="weekly", offers=True)
    never = NewsletterPreferences(frequency="never", offers=False)

    await save_preferences(connection, customer, weekly)
    await save_preferences(connection, customer, never)

    rows = await connection.execute(select(preferences_table))
    assert rows.all() == [(customer, "never", False)]


@pytest.mark.parametrize("given", [{"frequency": "never"}, {"offers": True}])
async def test_nobody_stores_half_of_the_preferences(connection, given):
    half = insert(preferences_table).values(customer_id=uuid4(), **given)
    with pytest.raises(IntegrityError, match="null value"):
        await connection.execute(half)


def test_preferences_are_replaced_as_a_whole():
    preferences = NewsletterPreferences(frequency="weekly", offers=True)
    with pytest.raises(ValidationError, match="frozen"):
        preferences.offers = False


def test_an_unknown_frequency_is_refused():
    with pytest.raises(ValidationError):
        NewsletterPreferences(frequency="hourly", offers=True)
