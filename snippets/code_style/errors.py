"""The shop's exceptions: two families, and for each error a code and context.

The family says who can act. A domain error is an answer for the caller; an
infrastructure error is a call for the operator.
"""

from typing import ClassVar, Self


class ShopError(Exception):
    """The message is for people, `code` for programs, `context` for the log.

    A code is part of the API. It stays when a class or a message changes.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, /, **context: object) -> None:
        super().__init__(message)
        self.context = context


class DomainError(ShopError):
    """The shop says no. The message is written for the caller."""

    code = "not-possible"


class NotFoundError(DomainError):
    """What the caller named does not exist."""

    code = "not-found"


class ConflictError(DomainError):
    """The request was fine; the current state forbids it."""

    code = "conflict"


class BusinessRuleError(DomainError):
    """The request is well formed; a rule of the shop forbids it."""

    code = "business-rule"


class InsufficientStockError(ConflictError):
    """More was asked for than is there."""

    code = "insufficient-stock"

    @classmethod
    def of(cls, sku: str, requested: int, available: int) -> Self:
        """The error with the message and context it always has."""
        return cls(
            f"Only {available} of {sku} left",
            sku=sku,
            requested=requested,
            available=available,
        )


class InfrastructureError(ShopError):
    """Something the shop needs has failed. A later attempt may succeed."""

    code = "unavailable"


class DatabaseError(InfrastructureError):
    """PostgreSQL is out of reach, overloaded, or was lost on the way."""

    code = "database"


class CacheError(InfrastructureError):
    """Valkey did not answer, or not with what was asked for."""

    code = "cache"


class ExternalApiError(InfrastructureError):
    """Another party's service is out of reach or did not answer."""

    code = "external-api"
