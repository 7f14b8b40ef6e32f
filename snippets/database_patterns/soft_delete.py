"""Soft delete: a row that queries no longer find, and whose key is free again.

The rows stay for undoing, not for ever: `purge_listings` ends it, as it must
for personal data (GDPR, article 17).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, delete, event, func, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    Mapped,
    ORMExecuteState,
    Session,
    mapped_column,
    relationship,
    with_loader_criteria,
)

from ..code_style.clock import utc
from ..code_style.errors import ConflictError, NotFoundError
from ..domain_driven_design.persistence import Base
from .models import UuidV7

DELETED_TOO = {"deleted_too": True}  # as execution options


class SoftDeletable:
    """Has been deleted, if it has a time for that."""

    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ListingRow(SoftDeletable, Base):
    """What is for sale: of those that are not deleted, one for each SKU."""

    __tablename__ = "listings"

    id: Mapped[UuidV7]
    sku: Mapped[str]
    title: Mapped[str]


Index(
    "uq_listings_sku",
    ListingRow.sku,
    unique=True,
    postgresql_where=ListingRow.deleted_at.is_(None),
)


class ReviewRow(Base):
    """What a customer says; goes when its listing is purged."""

    __tablename__ = "reviews"

    id: Mapped[UuidV7]
    listing_id: Mapped[UUID] = mapped_column(
        ForeignKey("listings.id", ondelete="CASCADE"), index=True
    )
    text: Mapped[str]
    listing: Mapped[ListingRow | None] = relationship(lazy="raise")


class LiveSession(Session):
    """``AsyncSession(engine, sync_session_class=LiveSession)``: its ORM
    statements find, change and delete only what is not deleted.
    """


@event.listens_for(LiveSession, "do_orm_execute")
def hide_deleted(state: ORMExecuteState) -> None:
    """Add the filter, unless DELETED_TOO; a refresh finds its row anyhow."""
    if state.is_column_load or state.execution_options.get("deleted_too"):
        return
    state.statement = state.statement.options(
        with_loader_criteria(
            SoftDeletable,
            lambda entity: entity.deleted_at.is_(None),
            include_aliases=True,
        )
    )


async def delete_listing(session: AsyncSession, listing_id: UUID) -> None:
    """Raises NotFoundError if it is not there, or deleted already."""
    changed = await session.scalar(
        update(ListingRow)
        .where(ListingRow.id == listing_id, ListingRow.deleted_at.is_(None))
        .values(deleted_at=func.now())
        .returning(ListingRow.id)
    )
    if changed is None:
        raise NotFoundError(f"There is no listing {listing_id}")


async def restore_listing(session: AsyncSession, listing_id: UUID) -> None:
    """Undo `delete_listing`; after an error the transaction must end.

    Raises:
        NotFoundError: it is not there, or not deleted.
        ConflictError: its SKU is another listing's by now.
    """
    try:
        changed = await session.scalar(
            update(ListingRow)
            .where(
                ListingRow.id == listing_id, ListingRow.deleted_at.is_not(None)
            )
            .values(deleted_at=None)
            .returning(ListingRow.id),
            execution_options=DELETED_TOO,
        )
    except IntegrityError as error:
        raise ConflictError("There is another listing by now") from error
    if changed is None:
        raise NotFoundError(f"There is no deleted listing {listing_id}")


async def purge_listings(session: AsyncSession, before: datetime) -> int:
    """Delete for good what was deleted before then; how many they were.

    Raises ValueError if ``before`` has no time zone.
    """
    purged = await session.scalars(
        delete(ListingRow)
        .where(ListingRow.deleted_at < utc(before))
        .returning(ListingRow.id),
        execution_options=DELETED_TOO,
    )
    return len(purged.all())
