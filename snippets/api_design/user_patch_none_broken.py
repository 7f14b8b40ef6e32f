"""Broken: takes no null to the database, so nothing can be emptied."""

from pydantic import BaseModel, ConfigDict, EmailStr, Field

from .user_table import UserRow


class UserPatch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: EmailStr | None = None
    name: str | None = Field(default=None, min_length=1, max_length=200)
    phone: str | None = Field(default=None, max_length=16)

    def apply_to(self, row: UserRow) -> None:
        for name, value in self.model_dump(exclude_none=True).items():
            setattr(row, name, value)
