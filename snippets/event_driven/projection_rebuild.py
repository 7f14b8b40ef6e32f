"""Rebuild: the projection's code has changed, so its table is made anew.

The new table is filled in a schema of its own, where its indexes may have the
same names. The old one stays in use until the new one takes its place, in one
transaction. Needs a log that goes back to the first event.
"""

from sqlalchemy import MetaData, Table, delete, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.schema import CreateSchema

from .event_log import number_committed
from .projection import ProjectionRow, catch_up


async def rebuild(engine: AsyncEngine, table: Table, limit: int = 1000) -> None:
    """Return when the new table is in place. Killed before: call it again."""
    shadow = table.to_metadata(MetaData(), schema="rebuild")
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(CreateSchema("rebuild", if_not_exists=True))
        connection = await session.connection()
        await connection.run_sync(shadow.drop, checkfirst=True)
        await connection.run_sync(shadow.create)
        await session.execute(
            delete(ProjectionRow).where(ProjectionRow.name == shadow.fullname)
        )
    await number_committed(engine)
    events = limit
    while events:
        async with AsyncSession(engine) as session, session.begin():
            events = await catch_up(session, shadow, limit)
    async with AsyncSession(engine) as session, session.begin():
        await swap(session, table, shadow, limit)


async def swap(
    session: AsyncSession, table: Table, shadow: Table, limit: int
) -> None:
    """Readers wait for the commit that follows, and then see the new table."""
    await catch_up(session, table, limit=0)  # from here on, its projector waits
    while await catch_up(session, shadow, limit):
        pass
    old = await session.get_one(ProjectionRow, table.fullname)
    new = await session.get_one(ProjectionRow, shadow.fullname)
    old.batch, old.position = new.batch, new.position
    await session.delete(new)
    home = table.schema or "public"
    await session.execute(text(f"drop table {home}.{table.name}"))
    await session.execute(
        text(f"alter table {shadow.fullname} set schema {home}")
    )
