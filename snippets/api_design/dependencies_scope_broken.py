"""Broken: one of two asks for the session without its scope."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from ..architecture_patterns.request_session import (
    RequestSession,
    request_session,
)
from .user_patch import UserPatch
from .user_schemas import UserView
from .user_table import UserNotFoundError, UserRow, user_conflicts

users = APIRouter(prefix="/users", tags=["users"])


async def user_of_path(
    user_id: UUID, session: Annotated[AsyncSession, Depends(request_session)]
) -> UserRow:
    row = await session.get(UserRow, user_id)
    if row is None:
        raise UserNotFoundError(f"There is no user {user_id}")
    return row


@users.patch("/{user_id}")
async def change_user(
    patch: UserPatch,
    row: Annotated[UserRow, Depends(user_of_path)],
    session: RequestSession,
) -> UserView:
    patch.apply_to(row)
    with user_conflicts():
        await session.flush()
    return UserView.of(row)
