"""PATCH: a field that is absent stays, a null empties, a value replaces.

Python's `None` cannot be both "absent" and "null". pydantic's `MISSING` (2.14)
stands for absent, so a type says by `| None` whether null is allowed at all.
"""

from pydantic import MISSING

from .field_types import RequestModel, Text
from .user_schemas import Email, Phone
from .user_table import UserRow


class UserPatch(RequestModel):
    """The body of PATCH /users/{id}, a JSON Merge Patch (RFC 7396)."""

    email: Email | MISSING = MISSING
    name: Text | MISSING = MISSING
    phone: Phone | MISSING | None = MISSING

    def apply_to(self, row: UserRow) -> None:
        """Set what was sent; the dump leaves out what is MISSING."""
        for name, value in self.model_dump().items():
            setattr(row, name, value)
