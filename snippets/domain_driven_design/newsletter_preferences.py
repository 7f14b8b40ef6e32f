"""When not: newsletter preferences have fields and no rules between them.

A validated model and one statement are the whole feature. An aggregate, a
repository and an event would be three more files that decide nothing.
"""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Boolean, Column, MetaData, String, Table, Uuid
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

preferences_table = Table(
    "newsletter_preferences",
    MetaData(),
    Column("customer_id", Uuid, primary_key=True),
    Column("frequency", String, nullable=False),
    Column("offers", Boolean, nullable=False),
)


class NewsletterPreferences(BaseModel):
    """What a customer wants to get; all combinations are allowed."""

    model_config = ConfigDict(frozen=True)

    frequency: Literal["never", "weekly", "monthly"]
    offers: bool


async def save_preferences(
    connection: AsyncConnection,
    customer_id: UUID,
    preferences: NewsletterPreferences,
) -> None:
    """Insert or replace: the last save wins, as customers expect here."""
    values = preferences.model_dump()
    statement = insert(preferences_table).values(
        customer_id=customer_id, **values
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[preferences_table.c.customer_id], set_=values
        )
    )
