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
    """The shop says no. The same request gets the same answer."""

    code = "refused"


class NotFoundError(DomainError):
    """What the caller named does not exist."""

    code = "not-found"


class BusinessRuleError(DomainError):
    """The request is well formed; a rule of the shop forbids it."""

    code = "business-rule"


class InsufficientStockError(BusinessRuleError):
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
    """PostgreSQL refused, failed or did not answer."""

    code = "database"


class CacheError(InfrastructureError):
    """Valkey refused, failed or did not answer."""

    code = "cache"


class ExternalApiError(InfrastructureError):
    """Another party's service refused, failed or did not answer."""

    code = "external-api"
