"""Broken: filters that a request may get wrong without hearing of it."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import delete

from ..architecture_patterns.request_session import RequestSession
from .access_tokens import AccessTokenRow

sign_ins = APIRouter(prefix="/sign-ins", tags=["sign-ins"])


class EndedSignIns(BaseModel):
    ended: int


@sign_ins.delete("")
async def end_sign_ins(
    session: RequestSession,
    user_id: list[UUID] = [],
    expires_before: datetime | None = None,
) -> EndedSignIns:
    ending = delete(AccessTokenRow)
    if user_id:
        ending = ending.where(AccessTokenRow.user_id.in_(user_id))
    if expires_before:
        ending = ending.where(AccessTokenRow.expires_at < expires_before)
    result = await session.execute(ending)
    return EndedSignIns(ended=result.rowcount)
