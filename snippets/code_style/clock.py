"""Time comes in through a port, always aware, always UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where the application learns the time."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """Stands still until told to advance: for tests and for replays."""

    def __init__(self, at: datetime) -> None:
        self._now = utc(at)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by


def utc(moment: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError if it names no instant."""
    if moment.utcoffset() is None:
        raise ValueError(f"{moment} has no time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:  # the year 0 or 10000, in UTC
        raise ValueError(f"{moment} is not a time in UTC") from error


@dataclass(frozen=True, slots=True)
class Voucher:
    """Some money off, until an instant."""

    code: str
    valid_until: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "valid_until", utc(self.valid_until))

    def is_valid(self, clock: Clock) -> bool:
        return clock.now() < self.valid_until
