"""Broken: the routes do not say what they show."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import select

from ..architecture_patterns.request_session import RequestSession
from .user_routes import UserOfPath
from .user_schemas import UserView
from .user_table import UserRow

users = APIRouter(prefix="/users", tags=["users"])


class UserRecord(UserView):
    """Everything, for our own use."""

    password_hash: str | None


class Envelope(BaseModel):
    data: list[Any]


@users.get("")
async def list_users(session: RequestSession) -> Envelope:
    rows = await session.scalars(select(UserRow))
    return Envelope(data=[UserRecord.model_validate(row) for row in rows])


@users.get("/{user_id}")
async def show_user(user: UserOfPath):
    return user
