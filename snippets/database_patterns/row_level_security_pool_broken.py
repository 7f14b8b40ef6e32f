"""Broken: sets the seller on the connection, which others use afterwards."""

from uuid import UUID

from sqlalchemy import Connection, event, func, select
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
)
from sqlalchemy.orm import Session, SessionTransaction

from .row_level_security import SELLER


class SellerSession(Session):
    """Each of its transactions is that of the seller in ``info``."""


@event.listens_for(SellerSession, "after_begin")
def set_seller(
    session: Session, _: SessionTransaction, connection: Connection
) -> None:
    seller = str(session.info["seller_id"])
    connection.execute(select(func.set_config(SELLER, seller, False)))


def seller_sessions(
    engine: AsyncEngine, seller_id: UUID
) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(
        engine,
        sync_session_class=SellerSession,
        info={"seller_id": seller_id},
    )
