"""A moment as clients may write it: RFC 3339, with its offset, as text.

pydantic's `datetime` also takes a number for seconds since 1970, and a query
holds nothing but text: ``?since=2026`` would be half past midnight of that
year's first day.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from ..code_style.clock import utc

RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)


def _written_out(value: object) -> object:
    if not isinstance(value, str) or not RFC_3339.fullmatch(value):
        raise ValueError("Write a moment as 2026-01-31T12:00:00Z")
    return value


Moment = Annotated[
    AwareDatetime, BeforeValidator(_written_out), AfterValidator(utc)
]
"""Aware and in UTC, whatever its offset was; its year is one there, too."""
