"""Broken: a default of None for a field that is never None."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, EmailStr, Field

from ..architecture_patterns.request_session import RequestSession
from .user_schemas import UserView
from .user_table import UserRow

users = APIRouter(prefix="/users", tags=["users"])


class NewUser(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: EmailStr
    name: str = Field(default=None, min_length=1, max_length=200)


@users.post("", status_code=201)
async def create_user(new: NewUser, session: RequestSession) -> UserView:
    session.add(row := UserRow(**new.model_dump()))
    await session.flush()
    return UserView.of(row)
