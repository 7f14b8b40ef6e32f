"""Broken: asks whether the address is free, then takes it."""

from fastapi import APIRouter, Response
from sqlalchemy import select

from ..architecture_patterns.request_session import RequestSession
from .user_schemas import NewUser, UserView
from .user_table import EmailTakenError, UserRow

users = APIRouter(prefix="/users", tags=["users"])


@users.post("", status_code=201)
async def create_user(
    new: NewUser, session: RequestSession, response: Response
) -> UserView:
    taken = await session.scalar(
        select(UserRow.id).where(UserRow.email == new.email)
    )
    if taken is not None:
        raise EmailTakenError("Another user has this address")
    row = UserRow(**new.model_dump())
    session.add(row)
    await session.flush()
    response.headers["Location"] = f"/users/{row.id}"
    return UserView.of(row)
