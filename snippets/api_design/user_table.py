"""Users as rows, and the two conflicts that only the database can see."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from sqlalchemy import Enum, Index, func, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from ..code_style.errors import ConflictError, NotFoundError
from ..database_patterns.models import Instant, UuidV7
from ..domain_driven_design.persistence import Base

ONE_PER_EMAIL = "uq_users_email"


class Role(StrEnum):
    """What a user may do."""

    CUSTOMER = "customer"
    ADMIN = "admin"


class UserRow(Base):
    """Who can sign in. A flush counts ``version``: see `user_conflicts`."""

    __tablename__ = "users"

    id: Mapped[UuidV7]
    email: Mapped[str]
    name: Mapped[str]
    phone: Mapped[str | None]
    role: Mapped[Role] = mapped_column(
        Enum(
            Role,
            name="user_role",
            values_callable=lambda kind: [role.value for role in kind],
        ),
        server_default=Role.CUSTOMER.value,
    )
    version: Mapped[int] = mapped_column()
    password_hash: Mapped[str | None]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())

    __table_args__ = (Index(ONE_PER_EMAIL, text("lower(email)"), unique=True),)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - never changed


class UserNotFoundError(NotFoundError):
    """No user has this id."""


class EmailTakenError(ConflictError):
    """Another user has this address, in whatever case of its letters.

    By PostgreSQL's `lower`: "ß" and "SS" are two.
    """

    code = "email-taken"


class UserChangedError(ConflictError):
    """Somebody else saved the user since this request read it."""

    code = "user-changed"


@contextmanager
def user_conflicts() -> Iterator[None]:
    """Around a flush: tell what PostgreSQL refuses in the shop's words.

    To ask first whether an address is free would be a race.

    Raises:
        EmailTakenError: and the transaction is over.
        UserChangedError: likewise.
    """
    try:
        yield
    except StaleDataError as error:
        raise UserChangedError("The user was changed meanwhile") from error
    except IntegrityError as error:
        cause = getattr(error.orig, "__cause__", None)  # asyncpg's own
        if getattr(cause, "constraint_name", None) != ONE_PER_EMAIL:
            raise
        raise EmailTakenError("Another user has this address") from error
