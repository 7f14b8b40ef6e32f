"""Lines: the events of one subject, one behind the other, and who has them.

`claim` asks for those that nobody has, `next_rows` for their events.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import (
    ARRAY,
    DateTime,
    Select,
    Text,
    cast,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Mapped, aliased, mapped_column
from sqlalchemy.sql.dml import ReturningInsert

from ..domain_driven_design.persistence import Base
from .outbox import OutboxRow

RELAYS = 7_062_026  # the advisory locks of relays that live, with their number


class OutboxLineRow(Base):
    """A line that ``relay`` has in hand, or that waits after a failure."""

    __tablename__ = "outbox_line"

    subject: Mapped[str] = mapped_column(primary_key=True)
    relay: Mapped[int | None]
    failures: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


IS_FREE = (OutboxLineRow.due_at <= func.now()) & or_(
    OutboxLineRow.relay.is_(None),
    func.pg_try_advisory_xact_lock(RELAYS, OutboxLineRow.relay),
)


def claim(relay: int, limit: int) -> ReturningInsert[str, int]:
    """Subjects and their failures; those that failed come last."""
    first = (
        select(OutboxRow.subject, OutboxRow.position)
        .where(OutboxRow.published_at.is_(None))
        .ext(distinct_on(OutboxRow.subject))
        .order_by(OutboxRow.subject, OutboxRow.sequence)
        .subquery()
    )
    free = (
        select(first.c.subject)
        .outerjoin(OutboxLineRow, OutboxLineRow.subject == first.c.subject)
        .where(or_(OutboxLineRow.subject.is_(None), IS_FREE))
        .order_by(OutboxLineRow.due_at.nulls_first(), first.c.position)
        .limit(limit)
        .subquery()
    )
    return (
        insert(OutboxLineRow)
        .from_select(
            ["subject", "relay", "failures", "due_at"],
            select(
                free.c.subject, literal(relay), literal(0), func.now()
            ).order_by(free.c.subject),  # or two relays might deadlock
        )
        .on_conflict_do_update(
            index_elements=[OutboxLineRow.subject],
            set_={"relay": relay},
            where=IS_FREE,
        )
        .returning(OutboxLineRow.subject, OutboxLineRow.failures)
    )


def next_rows(subjects: Collection[str], limit: int) -> Select[OutboxRow]:
    """Their first unpublished events, then their second ones, and so on."""
    line = (
        func.unnest(cast(list(subjects), ARRAY(Text)))
        .table_valued("subject")
        .render_derived(name="line")
    )
    rows = aliased(
        OutboxRow,
        select(OutboxRow)
        .where(
            OutboxRow.subject == line.c.subject,
            OutboxRow.published_at.is_(None),
        )
        .order_by(OutboxRow.sequence)
        .limit(limit)
        .lateral("event"),
    )
    place = func.row_number().over(
        partition_by=rows.subject, order_by=rows.sequence
    )
    return (
        select(rows)
        .select_from(line)
        .join(rows, true())
        .order_by(place, rows.position)
        .limit(limit)
    )
