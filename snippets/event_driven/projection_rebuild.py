"""Rebuild: the projection's code has changed, so its table is made anew.

The new table is filled in a schema of its own, where its indexes may have the
same names. The old one stays in use until the new one takes its place, in one
transaction. Needs a log that goes back to the first event.
"""

from sqlalchemy import MetaData, Table, delete, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.schema import CreateSchema, DropTable

from ..architecture_patterns.read_committed import read_committed
from .event_log import number_committed
from .outbox_prune import LogReaderRow
from .projection import UnreadEventRow, catch_up

HOME = text(
    "select nspname from pg_class join pg_namespace n on n.oid = relnamespace"
    " where pg_class.oid = to_regclass(:name)"
)


async def rebuild(engine: AsyncEngine, table: Table, limit: int = 1000) -> None:
    """Return when the new table is in place. Killed before: call it again.

    The table is the one that its name leads to on ``search_path``. Of several
    calls at once one succeeds; the others raise.

    Raises:
        IncompleteLogError: the old table stays, as events are missing.
    """
    name = engine.dialect.identifier_preparer.format_table(table)
    async with read_committed(engine) as session:
        home = (await session.scalars(HOME, {"name": name})).one()
        shadow = table.to_metadata(MetaData(), schema=f"rebuild_{home}")
        await session.execute(
            CreateSchema(f"rebuild_{home}", if_not_exists=True)
        )
        connection = await session.connection()
        await connection.run_sync(shadow.drop, checkfirst=True)
        await connection.run_sync(shadow.create)
        await session.execute(
            delete(LogReaderRow).where(LogReaderRow.name == shadow.fullname)
        )
        await forget_unread(session, shadow)
    await number_committed(engine)
    events = limit
    while events:
        async with read_committed(engine) as session:
            events = await catch_up(session, shadow, limit)
    async with read_committed(engine) as session:
        await swap(session, table, shadow, limit)
        quote = engine.dialect.identifier_preparer
        move = f"alter table {quote.format_table(shadow)} set schema "
        await session.execute(text(move + quote.quote(home)))


async def swap(
    session: AsyncSession, table: Table, shadow: Table, limit: int
) -> None:
    """Readers wait for the commit that follows, and then see the new table."""
    await catch_up(session, table, limit=0)  # from here on, its projector waits
    while await catch_up(session, shadow, limit):
        pass
    old = await session.get_one(LogReaderRow, table.fullname)
    new = await session.get_one(LogReaderRow, shadow.fullname)
    old.batch, old.position = new.batch, new.position
    await session.delete(new)
    await forget_unread(session, table)
    await session.execute(
        update(UnreadEventRow)
        .where(UnreadEventRow.reader == shadow.fullname)
        .values(reader=table.fullname)
        .execution_options(synchronize_session=False)
    )
    await session.execute(DropTable(table))


async def forget_unread(session: AsyncSession, table: Table) -> None:
    """What ``table`` had to leave out, another attempt may be able to read."""
    await session.execute(
        delete(UnreadEventRow).where(UnreadEventRow.reader == table.fullname)
    )
