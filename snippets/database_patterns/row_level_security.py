"""Row-level security: each seller meets its own rows, whatever a query forgets.

PostgreSQL adds the policy to every statement. Who the seller is, is set for one
transaction; where it is not set, there are no rows. The service connects as a
role that is no superuser; FORCE holds the policy against the owner, too.
"""

from uuid import UUID

from sqlalchemy import Connection, Table, event, func, select, text
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
)
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from ..domain_driven_design.persistence import Base
from .models import Amount

SELLER = "shop.seller_id"  # a setting of PostgreSQL; needs the dot


def isolate(table: Table) -> None:
    """Give a table with a ``seller_id`` its policy, when it is created.

    In a migration, the same three statements. USING is the check of new rows
    as well. A setting that was local is empty afterwards, not absent.
    """
    seller = f"nullif(current_setting('{SELLER}', true), '')::uuid"

    @event.listens_for(table, "after_create")
    def add_policy(_: Table, connection: Connection, **__: object) -> None:
        # With its schema, in quotes, or another table might be protected.
        name = connection.dialect.identifier_preparer.format_table(table)
        for statement in (
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY own_rows ON {name} USING (seller_id = {seller})",
        ):
            connection.execute(text(statement))


class SellerOfferRow(Base):
    """What a seller asks for an article: each key starts with the seller."""

    __tablename__ = "seller_offers"

    seller_id: Mapped[UUID] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(primary_key=True)
    price: Mapped[Amount]


isolate(Base.metadata.tables["seller_offers"])


class SellerSession(Session):
    """Each of its transactions is that of the seller in ``info``."""


@event.listens_for(SellerSession, "after_begin")
def set_seller(
    session: Session, _: SessionTransaction, connection: Connection
) -> None:
    """For this transaction alone: True makes it SET LOCAL."""
    seller = str(session.info["seller_id"])
    connection.execute(select(func.set_config(SELLER, seller, True)))


def seller_sessions(
    engine: AsyncEngine, seller_id: UUID
) -> async_sessionmaker[AsyncSession]:
    """Sessions of one seller, who was authenticated."""
    return async_sessionmaker(
        engine,
        sync_session_class=SellerSession,
        info={"seller_id": seller_id},
    )


async def require_policies(engine: AsyncEngine) -> None:
    """Ask when the process starts.

    Raises:
        RuntimeError: this role is exempt from policies: it is a superuser, has
            BYPASSRLS, or owns a table without FORCE.
    """
    exempt = text(
        "select relname from pg_class"
        " where relrowsecurity and not row_security_active(oid)"
    )
    async with engine.connect() as connection:
        tables = sorted(await connection.scalars(exempt))
    if tables:
        raise RuntimeError(f"No policy for this role: {', '.join(tables)}")
