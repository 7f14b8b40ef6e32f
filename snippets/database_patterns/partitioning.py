"""Partitions by month: made ahead of time, dropped when nobody needs them.

To drop a partition is to delete a file. To delete its rows one by one writes
each of them once more, and leaves the space to be cleaned up.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import DateTime, Index, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from ..code_style.clock import utc
from ..domain_driven_design.persistence import Base
from .models import UuidV7

TABLE = "product_views"
# True: its detaching was begun; None: it is detached.
PARTITIONS = text(
    "select relname, inhdetachpending from pg_class"
    " left join pg_inherits on inhrelid = oid"
    f" where relname ~ '^{TABLE}_[0-9]{{4}}_[0-9]{{2}}$' and relkind = 'r'"
    " and pg_table_is_visible(oid) order by relname"
)


class ProductViewRow(Base):
    """Somebody looked at an article. The key must include what partitions."""

    __tablename__ = TABLE
    __table_args__ = (
        Index("ix_product_views_sku", "sku", "seen_at"),
        {"postgresql_partition_by": "RANGE (seen_at)"},
    )

    id: Mapped[UuidV7]
    seen_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), primary_key=True
    )
    sku: Mapped[str]


async def ensure_partitions(
    engine: AsyncEngine, now: datetime, months_ahead: int = 3
) -> None:
    """Make the partition of this month and of those to come; run it daily.

    Holds up nobody who reads or writes. Months are those of UTC.
    """
    async with engine.begin() as connection:
        await connection.execute(
            text(f"LOCK TABLE {TABLE} IN SHARE UPDATE EXCLUSIVE MODE")
        )
        there = {name for name, _ in await connection.execute(PARTITIONS)}
        month = utc(now).replace(
            day=1, hour=0, minute=0, second=0, microsecond=0
        )
        for _ in range(months_ahead + 1):
            if f"{TABLE}_{month:%Y_%m}" not in there:
                await _attach(connection, month)
            month = _next(month)


async def _attach(connection: AsyncConnection, month: datetime) -> None:
    name = f"{TABLE}_{month:%Y_%m}"
    for statement in (  # CREATE TABLE … PARTITION OF would lock out readers
        f"CREATE TABLE {name} (LIKE {TABLE} INCLUDING ALL)",
        f"ALTER TABLE {TABLE} ATTACH PARTITION {name}"
        f" FOR VALUES FROM ('{month}') TO ('{_next(month)}')",
    ):
        await connection.execute(text(statement))


async def drop_partitions(engine: AsyncEngine, before: datetime) -> None:
    """Drop the months that had ended by then; one process at a time.

    Waits for whoever reads the table now, and holds up nobody who comes later.
    Interrupted, it goes on where it was when it is called again.
    """
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        found = await connection.execute(PARTITIONS)
        for name, pending in found.all():
            month = datetime.strptime(name, f"{TABLE}_%Y_%m").replace(
                tzinfo=UTC
            )
            if _next(month) > utc(before):
                break
            if pending is not None:
                how = "FINALIZE" if pending else "CONCURRENTLY"
                await connection.execute(
                    text(f"ALTER TABLE {TABLE} DETACH PARTITION {name} {how}")
                )
            await connection.execute(text(f"DROP TABLE {name}"))


def _next(month: datetime) -> datetime:
    return (month + timedelta(days=31)).replace(day=1)
