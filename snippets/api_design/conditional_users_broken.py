"""Broken: saves the form, whatever the client has seen of it."""

from fastapi import APIRouter, Response

from ..architecture_patterns.request_session import RequestSession
from .conditional_users import UserOfPath, show_user_if_changed, user_etag
from .etag import etag_headers
from .user_schemas import NewUser, UserView
from .user_table import user_conflicts

conditional_users = APIRouter(prefix="/users", tags=["users"])
conditional_users.get("/{user_id}")(show_user_if_changed)


@conditional_users.put("/{user_id}")
async def replace_user(
    form: NewUser,
    row: UserOfPath,
    session: RequestSession,
    response: Response,
) -> UserView:
    for name, value in form.model_dump().items():
        setattr(row, name, value)
    with user_conflicts():
        await session.flush()
    response.headers.update(etag_headers(user_etag(row)))
    return UserView.of(row)
