"""A router: one resource, and for each route one line of work.

Routes name what they need by type. What several need (the user of the path)
is a dependency, what is refused is raised, and neither SQL nor a status code
of an error is in here.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select

from ..architecture_patterns.request_session import RequestSession
from .user_patch import UserPatch
from .user_schemas import NewUser, UserList, UserView
from .user_table import UserNotFoundError, UserRow, user_conflicts

users = APIRouter(prefix="/users", tags=["users"])


async def user_of_path(user_id: UUID, session: RequestSession) -> UserRow:
    """Raises UserNotFoundError: nobody has this id."""
    row = await session.get(UserRow, user_id)
    if row is None:
        raise UserNotFoundError(f"There is no user {user_id}")
    return row


UserOfPath = Annotated[UserRow, Depends(user_of_path)]


@users.post("", status_code=201)
async def create_user(
    new: NewUser, session: RequestSession, request: Request, response: Response
) -> UserView:
    """Create a user; `Location` says where it is."""
    row = UserRow(**new.model_dump())
    session.add(row)
    with user_conflicts():
        await session.flush()
    address = request.url_for("show_user", user_id=row.id)
    response.headers["Location"] = address.path
    return UserView.of(row)


@users.get("")
async def list_users(
    session: RequestSession,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> UserList:
    """Users in the order of their creation."""
    query = select(UserRow).order_by(UserRow.id).limit(limit + 1)
    if after is not None:
        query = query.where(UserRow.id > after)
    rows = (await session.scalars(query)).all()
    users = [UserView.of(row) for row in rows[:limit]]
    return UserList(
        users=users, next=users[-1].id if len(rows) > limit else None
    )


@users.get("/{user_id}")
async def show_user(row: UserOfPath) -> UserView:
    """One user."""
    return UserView.of(row)


@users.patch("/{user_id}")
async def change_user(
    patch: UserPatch, row: UserOfPath, session: RequestSession
) -> UserView:
    """Change the fields that are sent."""
    patch.apply_to(row)
    with user_conflicts():
        await session.flush()
    return UserView.of(row)


@users.delete("/{user_id}", status_code=204)
async def delete_user(row: UserOfPath, session: RequestSession) -> None:
    """Delete a user."""
    await session.delete(row)
    with user_conflicts():
        await session.flush()
