"""Broken: one model for what comes in and what goes out."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, EmailStr, Field

from ..architecture_patterns.request_session import RequestSession
from .user_table import Role, UserRow

users = APIRouter(prefix="/users", tags=["users"])


class User(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    email: EmailStr
    name: str = Field(max_length=200)
    role: Role = Role.CUSTOMER


@users.post("", status_code=201)
async def create_user(user: User, session: RequestSession) -> User:
    session.add(row := UserRow(**user.model_dump()))
    await session.flush()
    return User.model_validate(row)
