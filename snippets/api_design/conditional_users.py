"""Users, changed only by whoever has seen their current state."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Response

from ..architecture_patterns.request_session import RequestSession
from .etag import Preconditions, etag_headers, strong_etag
from .user_schemas import NewUser, UserView
from .user_table import (
    UserChangedError,
    UserNotFoundError,
    UserRow,
    user_conflicts,
)

FORM = "user1"  # of UserView: another one for each change of the schema


async def _user_of_path(user_id: UUID, session: RequestSession) -> UserRow:
    row = await session.get(UserRow, user_id)
    if row is None:
        raise UserNotFoundError(f"There is no user {user_id}")
    return row


UserOfPath = Annotated[UserRow, Depends(_user_of_path)]
Conditions = Annotated[Preconditions, Depends()]

conditional_users = APIRouter(prefix="/users", tags=["users"])


def user_etag(row: UserRow) -> str:
    """Of a row that was read, or flushed since."""
    return strong_etag(FORM, row.version)


@conditional_users.get(
    "/{user_id}",
    responses={304: {"description": "The client has this state"}},
)
async def show_user_if_changed(
    row: UserOfPath, conditions: Conditions, response: Response
) -> UserView:
    """One user; 304 if the client has this state."""
    conditions.check(user_etag(row))
    response.headers.update(etag_headers(user_etag(row)))
    return UserView.of(row)


@conditional_users.put("/{user_id}")
async def replace_user_if_unchanged(
    form: NewUser,
    row: UserOfPath,
    conditions: Conditions,
    session: RequestSession,
    response: Response,
) -> UserView:
    """Save the whole form; 412 if somebody else did since the client looked."""
    conditions.require_match()
    conditions.check(user_etag(row))
    for name, value in form.model_dump().items():
        setattr(row, name, value)
    try:
        with user_conflicts():
            await session.flush()
    except UserChangedError as error:
        raise HTTPException(412, "Somebody was faster just now") from error
    response.headers.update(etag_headers(user_etag(row)))
    return UserView.of(row)
