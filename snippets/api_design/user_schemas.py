"""Schemas: what a client may send, and what it gets to see.

Each is a list of its own. A field that no input names cannot be set, and a
column that no output names cannot leak, also one that is added next year.
"""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ..domain_driven_design.email_address import EmailAddress
from .field_types import RequestModel, Text
from .user_table import Role, UserRow


def _email(text: str) -> str:
    return EmailAddress(text).value  # an InvalidEmailAddressError is a 422


Email = Annotated[
    str,
    Field(max_length=254, json_schema_extra={"format": "email"}),
    AfterValidator(_email),
]
Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]  # E.164


class NewUser(RequestModel):
    """The body of POST /users: no id, no role, no version."""

    email: Email
    name: Text
    phone: Phone | None = None


class UserView(BaseModel):
    """A user as clients see one."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    name: str
    phone: str | None
    role: Role
    created_at: datetime

    @classmethod
    def of(cls, row: UserRow) -> Self:
        """Takes the fields above from the row, and nothing else."""
        return cls.model_validate(row)


class UserList(BaseModel):
    """Some users; ``next`` is the ``after`` of those that follow, if any."""

    users: list[UserView]
    next: UUID | None
