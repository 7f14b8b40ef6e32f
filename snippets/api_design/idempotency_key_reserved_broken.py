"""Broken: reserves the key, runs, stores the answer: three transactions."""

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..domain_driven_design.persistence import Base
from .keyed_request import Answer, KeyedRequest, RequestInFlightError


class ReservedKeyRow(Base):
    __tablename__ = "reserved_keys"

    caller: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[int | None]
    headers: Mapped[dict[str, str] | None] = mapped_column(JSONB)
    body: Mapped[bytes | None]


class ReservedAnswers:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def find(self, request: KeyedRequest) -> Answer | None:
        async with AsyncSession(self._engine) as session, session.begin():
            reserved = await session.scalar(
                insert(ReservedKeyRow)
                .values(caller=request.caller, key=request.key)
                .on_conflict_do_nothing()
                .returning(ReservedKeyRow.key)
            )
            if reserved is not None:
                return None
            row = await session.get_one(
                ReservedKeyRow, (request.caller, request.key)
            )
            if row.status is None:
                raise RequestInFlightError("Ask again later")
            return Answer(row.status, row.headers, row.body, replayed=True)

    async def add(self, request: KeyedRequest, answer: Answer) -> None:
        async with AsyncSession(self._engine) as session, session.begin():
            await session.execute(
                update(ReservedKeyRow)
                .where(ReservedKeyRow.caller == request.caller)
                .where(ReservedKeyRow.key == request.key)
                .values(
                    status=answer.status,
                    headers=dict(answer.headers),
                    body=answer.body,
                )
            )
