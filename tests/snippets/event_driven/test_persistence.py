"""The tables: each module brings its own, and PostgreSQL takes them."""

from sqlalchemy import inspect

from snippets.event_driven.persistence import Base


async def test_every_declared_table_can_be_created(engine):
    async with engine.connect() as connection:
        created = await connection.run_sync(
            lambda sync: set(inspect(sync).get_table_names())
        )
    assert {"outbox", "outbox_counter", "inbox"} <= created
    assert created == set(Base.metadata.tables)
