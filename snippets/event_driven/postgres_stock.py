"""Stock in PostgreSQL, as a participant: remembers what it answered.

Without the row for a refusal, a repeated request might be granted after the
caller has heard no. Without the row for a release, a reservation that was
delayed on its way would take pieces that nobody will ever give back.
"""

from sqlalchemy import CheckConstraint, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..architecture_patterns.read_committed import read_committed
from ..code_style.storable_text import is_storable
from ..domain_driven_design.persistence import Base
from .participants import PIECES, RefusedError, require_amount, require_text


class FreeStockRow(Base):
    """What is on the shelf and free."""

    __tablename__ = "free_stock"
    __table_args__ = (CheckConstraint("free >= 0"),)

    sku: Mapped[str] = mapped_column(primary_key=True)
    free: Mapped[int]


class ReservationRow(Base):
    """``status`` is reserved, refused or released."""

    __tablename__ = "reservations"

    key: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str]
    sku: Mapped[str | None]
    pieces: Mapped[int | None]


class PostgresStock:
    """Each call is a transaction of its own, at READ COMMITTED.

    Raises:
        ValueError: the key came with another request before.
        LookupError: the article is kept no more, so nothing was released.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def reserve(self, key: str, sku: str, pieces: int) -> None:
        require_amount(pieces, PIECES)
        require_text(key, sku)
        async with read_committed(self._engine) as session:
            answer = await session.scalar(
                insert(ReservationRow)
                .values(key=key, status="reserved", sku=sku, pieces=pieces)
                .on_conflict_do_nothing()
                .returning(ReservationRow.status)
            )
            if answer is None:
                asked = await session.execute(
                    select(ReservationRow.__table__).filter_by(key=key)
                )
                answer, *request = asked.one()[1:]
                if request not in ([sku, pieces], [None, None]):
                    raise ValueError(f"{key} asked for something else before")
            elif not await take(session, sku, pieces):
                answer = "refused"
                await session.execute(
                    update(ReservationRow)
                    .where(ReservationRow.key == key)
                    .values(status=answer)
                )
        if answer != "reserved":
            raise RefusedError(f"{pieces} of {sku}: {answer}")

    async def release(self, key: str) -> None:
        if not is_storable(key):
            return  # nothing was, or will be, reserved under it
        async with read_committed(self._engine) as session:
            released = await session.execute(
                insert(ReservationRow)
                .values(key=key, status="released")
                .on_conflict_do_update(
                    index_elements=[ReservationRow.key],
                    set_={"status": "released"},
                    where=ReservationRow.status == "reserved",
                )
                .returning(ReservationRow.sku, ReservationRow.pieces)
            )
            row = released.one_or_none()
            if row is not None and row.sku is not None:
                await put_back(session, row.sku, row.pieces)


async def put_back(session: AsyncSession, sku: str, pieces: int) -> None:
    """Raises LookupError if the article is stocked no more."""
    if not await take(session, sku, -pieces):
        raise LookupError(f"Nowhere to put {sku} back")


async def take(session: AsyncSession, sku: str, pieces: int) -> bool:
    """True if there were enough."""
    taken = await session.scalar(
        update(FreeStockRow)
        .where(FreeStockRow.sku == sku, FreeStockRow.free >= pieces)
        .values(free=FreeStockRow.free - pieces)
        .returning(FreeStockRow.sku)
        .execution_options(synchronize_session=False)
    )
    return taken is not None
