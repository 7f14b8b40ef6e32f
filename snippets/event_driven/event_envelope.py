"""Event envelope: what a consumer may rely on, whatever the event.

Attributes are named as in CloudEvents 1.0.2, and `to_json` writes its JSON
format, so that other tools can read it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from uuid import UUID, uuid4

LONGEST = 200  # characters: brokers and database indexes hold as many
EVENT_TYPE = re.compile(r"[\w-]+(\.[\w-]+)*", re.ASCII)


def is_event_type(text: str) -> bool:
    """Whether every bus can carry it: as subject, routing key, SSE event."""
    return len(text) <= LONGEST and EVENT_TYPE.fullmatch(text) is not None


def json_number(number: str) -> float:
    """The number; ValueError for what JSON, or a float, cannot hold."""
    value = float(number)
    if not isfinite(value):
        raise ValueError(f"Not a JSON number: {number}")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEnvelope:
    """One event on its way.

    ``type`` says what happened: words of letters, digits, ``-`` and ``_``,
    joined by dots (``order.placed``). ``subject`` says to which aggregate, in
    one line, as ``source`` does. Each has 200 characters at most. ``id`` stays
    the same when the event is published or delivered again: consumers drop
    repeats by it. ``version`` is that of ``data``'s schema, from 1. ``data``
    holds JSON types only: amounts as text.
    """

    type: str
    subject: str
    data: Mapping[str, Any]
    version: int = 1
    source: str = "/shop"
    id: UUID = field(default_factory=uuid4)
    time: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        if not is_event_type(self.type):
            raise ValueError(f"Not an event type: {self.type!r:.300}")
        for name in (self.subject, self.source):
            if not 0 < len(name) <= LONGEST or not name.isprintable():
                raise ValueError(f"Neither subject nor source: {name!r:.300}")
        if not isinstance(self.data, Mapping):
            raise TypeError("An event's data is a mapping")
        if type(self.version) is not int or not 1 <= self.version < 2**31:
            raise ValueError("A version is a number from 1 to 2**31 - 1")
        if self.time.utcoffset() is None:
            raise ValueError("An event's time needs a time zone")
        if not 1 < self.time.year < 9999:  # else, in UTC, there is none
            raise ValueError(f"Not an event's time: {self.time}")

    def to_json(self) -> bytes:
        """CloudEvents in JSON format.

        Raises:
            TypeError: ``data`` holds what JSON has no type for.
            ValueError: ``data`` holds NaN or infinity, which JSON has not.
        """
        return json.dumps(
            {
                "specversion": "1.0",
                "id": str(self.id),
                "source": self.source,
                "type": self.type,
                "subject": self.subject,
                "time": self.time.isoformat(),
                "datacontenttype": "application/json",
                "dataversion": self.version,
                "data": self.data,
            },
            allow_nan=False,
        ).encode()

    @classmethod
    def from_json(cls, text: bytes | str) -> "EventEnvelope":
        """Read what `to_json` wrote.

        Raises:
            ValueError: no JSON, or an attribute is missing or malformed.
        """
        try:
            event = json.loads(
                text, parse_float=json_number, parse_constant=json_number
            )
            read = cls(
                type=event["type"],
                subject=event["subject"],
                data=event["data"],
                version=event["dataversion"],
                source=event["source"],
                id=UUID(event["id"]),
                time=datetime.fromisoformat(event["time"]),
            )
        except (
            AttributeError,
            KeyError,
            RecursionError,
            TypeError,
        ) as error:
            raise ValueError(f"Not an event: {error!r}") from error
        if str(read.id) != event["id"].lower():  # UUID reads other scripts, too
            raise ValueError(f"Not an event's id: {event['id']!r:.100}")
        return read
