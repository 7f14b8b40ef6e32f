"""The caller's own account: its id is in the token, so no path can name
another's.
"""

from typing import Annotated

from fastapi import APIRouter, Depends

from ..architecture_patterns.request_session import RequestSession
from .current_user import CurrentUser
from .user_patch import UserPatch
from .user_schemas import UserView
from .user_table import UserNotFoundError, UserRow, user_conflicts

me = APIRouter(prefix="/me", tags=["me"])


async def my_row(user: CurrentUser, session: RequestSession) -> UserRow:
    """Raises UserNotFoundError: deleted since the token was looked up."""
    row = await session.get(UserRow, user.user_id)
    if row is None:
        raise UserNotFoundError("This account is gone")
    return row


MyRow = Annotated[UserRow, Depends(my_row)]


@me.get("")
async def show_me(row: MyRow) -> UserView:
    """Who I am."""
    return UserView.of(row)


@me.patch("")
async def change_me(
    patch: UserPatch, row: MyRow, session: RequestSession
) -> UserView:
    """Change what I may change."""
    patch.apply_to(row)
    with user_conflicts():
        await session.flush()
    return UserView.of(row)
