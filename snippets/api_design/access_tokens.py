"""Access tokens in a table: opaque, and withdrawn by deleting a row.

The table has their SHA-256, so whoever reads a backup cannot sign in. A fast
hash will do: 256 random bits cannot be guessed, as a password can.
"""

import secrets
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..code_style.database_errors import database_errors
from ..database_patterns.models import Instant
from ..domain_driven_design.persistence import Base
from .current_user import Principal
from .user_table import UserRow


class AccessTokenRow(Base):
    """One sign-in; it goes with its user."""

    __tablename__ = "access_tokens"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey(
            "users.id", name="fk_access_tokens_user", ondelete="CASCADE"
        ),
        index=True,
    )
    expires_at: Mapped[Instant]


async def issue_token(
    session: AsyncSession, user_id: UUID, lifetime: timedelta
) -> str:
    """A new token, valid from the commit of the caller's transaction on.

    Raises:
        IntegrityError: there is no such user.
    """
    token = secrets.token_urlsafe(32)
    await session.execute(
        insert(AccessTokenRow).values(
            digest=_digest(token),
            user_id=user_id,
            expires_at=func.now() + lifetime,
        )
    )
    return token


class PostgresTokens:
    """Fits `TokenVerifier`, with a connection that it gives back at once.

    A verifier on the request's session would hold one, and a use case of the
    route would wait for a second.

    Raises:
        DatabaseError: PostgreSQL is out of reach.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def __call__(self, token: str) -> Principal | None:
        query = (
            select(UserRow.id, UserRow.role)
            .join(AccessTokenRow, AccessTokenRow.user_id == UserRow.id)
            .where(AccessTokenRow.digest == _digest(token))
            .where(AccessTokenRow.expires_at > func.now())
        )
        with database_errors("verify a token"):
            async with self._engine.connect() as connection:
                row = (await connection.execute(query)).one_or_none()
        return None if row is None else Principal(row.id, row.role)


def _digest(token: str) -> bytes:
    return sha256(token.encode(errors="surrogatepass")).digest()
