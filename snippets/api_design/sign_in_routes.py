"""Query parameters as a model: a filter that is not understood is refused.

A filter that is ignored makes a statement about every row. So nothing but the
names below passes, and no filter at all is not "everything".
"""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, model_validator
from sqlalchemy import ColumnElement, delete, select

from ..architecture_patterns.request_session import RequestSession
from .access_tokens import AccessTokenRow
from .field_types import RequestModel
from .moment_type import Moment

sign_ins = APIRouter(prefix="/sign-ins", tags=["sign-ins"])


class SignInFilter(RequestModel):
    """Of some users, or of those that end soon; ``user_id`` may be repeated."""

    user_id: list[UUID] = Field([], max_length=100)
    expires_before: Moment | None = None

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        if not self.criteria():
            raise ValueError("Name at least one filter")
        return self

    def criteria(self) -> list[ColumnElement[bool]]:
        asked: list[ColumnElement[bool]] = []
        if self.user_id:
            asked.append(AccessTokenRow.user_id.in_(self.user_id))
        if self.expires_before is not None:
            asked.append(AccessTokenRow.expires_at < self.expires_before)
        return asked


class SignInView(BaseModel):
    """A sign-in without what opens it."""

    user_id: UUID
    expires_at: datetime


class EndedSignIns(BaseModel):
    """How many there were."""

    ended: int


Filter = Annotated[SignInFilter, Query()]


@sign_ins.get("")
async def list_sign_ins(
    which: Filter, session: RequestSession
) -> list[SignInView]:
    """What DELETE would end, at most a hundred."""
    rows = await session.scalars(
        select(AccessTokenRow)
        .where(*which.criteria())
        .order_by(AccessTokenRow.expires_at, AccessTokenRow.digest)
        .limit(100)
    )
    return [
        SignInView(user_id=row.user_id, expires_at=row.expires_at)
        for row in rows
    ]


@sign_ins.delete("")
async def end_sign_ins(which: Filter, session: RequestSession) -> EndedSignIns:
    """Sign out whom the filters name."""
    connection = await session.connection()
    ended = await connection.execute(
        delete(AccessTokenRow).where(*which.criteria())
    )
    return EndedSignIns(ended=ended.rowcount)
