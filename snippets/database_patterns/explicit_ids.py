"""Rows that bring their numbers along, and the sequence that must follow.

An explicit id takes no number from the sequence. The next row that leaves its
id to the database would get one that is taken.
"""

from collections.abc import Mapping

from sqlalchemy import Identity, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..domain_driven_design.persistence import Base


class SupplierRow(Base):
    """A supplier, by the number that is printed on its papers.

    ``always``: PostgreSQL refuses an explicit id from whoever does not insist.
    """

    __tablename__ = "suppliers"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str]


LOCK = text("lock table suppliers in share row exclusive mode")
INSERT = text(
    "insert into suppliers (id, name) overriding system value"
    " values (:id, :name)"
)
GO_ON = text("""
    select setval(number, greatest(max(id), nextval(number)))
    from suppliers, pg_get_serial_sequence('suppliers', 'id') as number
    group by number
""")


async def import_suppliers(
    session: AsyncSession, names: Mapping[int, str]
) -> None:
    """Store them by their numbers; new ones then count on from the highest.

    In the caller's transaction. Until its end nobody else adds a supplier.

    Raises:
        IntegrityError: a number is taken.
    """
    if not names:
        return
    await session.execute(LOCK)
    await session.execute(
        INSERT, [{"id": number, "name": names[number]} for number in names]
    )
    await session.execute(GO_ON)
