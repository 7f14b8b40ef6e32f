"""Two families of errors: what the domain refuses, what a dependency fails.

The family decides who can act on it. A domain error is an answer for the
caller; an infrastructure error is a call for the operator, and the same
request may succeed later. Neither knows HTTP.
"""

from typing import ClassVar


class DomainError(Exception):
    """A rule says no. The message is written for the caller.

    `code` is what a client's program may test: it outlives a class name.
    """

    code: ClassVar[str] = "not-possible"


class NotFoundError(DomainError):
    """What the caller named does not exist."""

    code = "not-found"


class ConflictError(DomainError):
    """The request was fine; the current state forbids it."""

    code = "conflict"


class InfrastructureError(Exception):
    """A dependency failed. The message is written for the log."""
