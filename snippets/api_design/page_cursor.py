"""An opaque cursor: where a page ended, in full, and of which list.

Clients hand it back and never look inside, so that you may change it. It is no
secret and not signed: one that is made up names another place in a list that
its sender may read anyway. Check rights for each page, by no cursor.
"""

import struct
from base64 import b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from ..code_style.errors import DomainError
from ..database_patterns.keyset_query import InvoiceKey

LAYOUT = struct.Struct(">B8sq16s")  # version, list, microseconds, id
VERSION = 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class InvalidCursorError(DomainError):
    """Not a cursor of ours, or one of another list: begin anew."""

    code = "invalid-cursor"


def to_cursor(key: InvoiceKey, filters: str) -> str:
    """44 characters for a URL; ``filters`` names the list."""
    place = (key.issued_at - EPOCH) // MICROSECOND
    packed = LAYOUT.pack(VERSION, _digest(filters), place, key.id.bytes)
    return urlsafe_b64encode(packed).decode()


def from_cursor(cursor: str, filters: str) -> InvoiceKey:
    """The place, exactly. Raises InvalidCursorError."""
    try:
        packed = b64decode(cursor, b"-_", validate=True)
        version, digest, place, raw_id = LAYOUT.unpack(packed)
        key = InvoiceKey(EPOCH + place * MICROSECOND, UUID(bytes=raw_id))
    except (ValueError, struct.error, OverflowError) as error:
        raise InvalidCursorError("This is no cursor of ours") from error
    if (version, digest) != (VERSION, _digest(filters)):
        raise InvalidCursorError("The cursor is of another list")
    return key


def _digest(filters: str) -> bytes:
    return sha256(filters.encode()).digest()[:8]
