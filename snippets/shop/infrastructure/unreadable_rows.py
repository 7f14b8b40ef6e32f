"""What a row holds and the domain does not allow: an error for the operator.

The tables refuse most of it. What an older table let in, or a hand wrote around
them, costs the requests that need this row, and no others.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from snippets.code_style.errors import InfrastructureError


class UnreadableRowError(InfrastructureError):
    """The row must be mended; until then, 503. The message names it."""


@contextmanager
def reading(table: str, key: object) -> Iterator[None]:
    """Raises UnreadableRowError for a ValueError of the domain's."""
    try:
        yield
    except ValueError as error:
        raise UnreadableRowError(f"{table}, row {key}: {error}") from error
