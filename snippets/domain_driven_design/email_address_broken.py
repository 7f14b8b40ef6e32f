"""Broken: `$` also matches before a final newline, and `+` is a legal sign."""

import re
from dataclasses import dataclass

EMAIL = re.compile(r"^[\w\.-]+@[\w\.-]+\.\w+$")


@dataclass(frozen=True, slots=True)
class EmailAddress:
    value: str

    def __post_init__(self) -> None:
        if not EMAIL.match(self.value):
            raise ValueError(f"Invalid email address: {self.value}")
