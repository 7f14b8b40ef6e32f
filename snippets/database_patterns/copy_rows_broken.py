"""Broken: SQLAlchemy says that it has begun, and the driver has not yet."""

from sqlalchemy.ext.asyncio import AsyncSession

from .copy_rows import COLUMNS, Buyers


async def copy_buyers(session: AsyncSession, buyers: Buyers) -> int:
    connection = await session.connection()
    driver = (await connection.get_raw_connection()).driver_connection
    status = await driver.copy_records_to_table(
        "buyers", records=buyers, columns=COLUMNS
    )
    return int(status.removeprefix("COPY "))
