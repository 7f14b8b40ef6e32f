"""Who asks: from a bearer token (RFC 6750) to a user that routes rely on.

What a token is, and who it belongs to, is behind a port: an opaque token looked
up in a table, or a signed one. Routes ask for `CurrentUser` or for a role.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from .user_table import Role


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, as the token says."""

    user_id: UUID
    role: Role


class TokenVerifier(Protocol):
    """Knows tokens; the composition root sets ``app.state.verify_token``."""

    async def __call__(self, token: str) -> Principal | None:
        """Whose it is; None if it is unknown, expired or withdrawn."""
        ...


# FastAPI's own refusal would not say that a token was wrong.
bearer = HTTPBearer(auto_error=False)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


async def current_user(request: Request, given: Credentials) -> Principal:
    """Raises HTTPException: 401, with the challenge that RFC 9110 asks for."""
    if given is None:
        raise _refusal(401, "This needs a bearer token", "Bearer")
    verify: TokenVerifier = request.app.state.verify_token
    user = await verify(given.credentials)
    if user is None:
        raise _refusal(
            401, "The token is not valid", 'Bearer error="invalid_token"'
        )
    return user


CurrentUser = Annotated[Principal, Depends(current_user)]


def needs(role: Role) -> Callable[[Principal], Awaitable[None]]:
    """A dependency that refuses, with 403, whoever has another role."""

    async def check(user: CurrentUser) -> None:
        if user.role is not role:
            raise _refusal(
                403,
                f"This is for the role {role}",
                'Bearer error="insufficient_scope"',
            )

    return check


only_admins = Depends(needs(Role.ADMIN))


def _refusal(status: int, detail: str, challenge: str) -> HTTPException:
    return HTTPException(status, detail, {"WWW-Authenticate": challenge})
