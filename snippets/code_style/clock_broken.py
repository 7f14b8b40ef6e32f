"""Broken: compares the wall clock here with the wall clock in Greenwich."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Voucher:
    code: str
    valid_until: datetime

    def is_valid(self, *_: object) -> bool:
        # without replace(): can't compare offset-naive and offset-aware
        return datetime.now() < self.valid_until.replace(tzinfo=None)
