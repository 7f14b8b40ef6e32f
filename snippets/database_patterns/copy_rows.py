"""COPY: any number of rows as one stream, in the session's transaction.

The driver has it, SQLAlchemy does not. So it goes past SQLAlchemy: it knows no
models, its errors are the driver's, and nothing has sent BEGIN before it.
"""

from collections.abc import AsyncIterable, Iterable
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

COLUMNS = ("email", "name")
Buyers = Iterable[tuple[str, str]] | AsyncIterable[tuple[str, str]]


async def copy_buyers(
    session: AsyncSession, buyers: Buyers, *, into: str = "buyers"
) -> int:
    """How many were stored, from pairs of address and name: all or none.

    They are read while they are sent, so they need not fit into memory.

    Raises:
        asyncpg.UniqueViolationError: an address is there already, or twice
            among these. Like every error, it ends the transaction.
    """
    await session.execute(text("select 1"))  # with it, the driver sends BEGIN
    connection = await session.connection()
    driver: Any = (await connection.get_raw_connection()).driver_connection
    status: str = await driver.copy_records_to_table(
        into, records=buyers, columns=COLUMNS
    )
    return int(status.removeprefix("COPY "))


async def copy_new_buyers(session: AsyncSession, buyers: Buyers) -> int:
    """The same, and an address that is there already is passed over.

    COPY has no ON CONFLICT. So it fills a table that only this connection
    sees, and one INSERT takes from it what is new.
    """
    connection = await session.connection()
    await connection.execute(
        text("create temporary table offered (email text, name text)")
    )
    await copy_buyers(session, buyers, into="offered")
    stored = await connection.execute(
        text(
            "insert into buyers (email, name) select email, name from offered"
            " on conflict (email) do nothing"
        )
    )
    await connection.execute(text("drop table offered"))
    return stored.rowcount
