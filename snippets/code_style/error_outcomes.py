"""The edge: where errors become answers, by family, in one place.

Domain errors are told to the caller in full. Of an infrastructure error the
caller learns that it may try later; everything else goes to the log, once.
"""

import logging
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from .errors import (
    BusinessRuleError,
    DomainError,
    InfrastructureError,
    NotFoundError,
    ShopError,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the caller gets to see of an error."""

    status: int
    code: str
    message: str


def outcome_of(error: ShopError) -> Outcome:
    """The answer to an error; the most special family first."""
    match error:
        case NotFoundError():
            return Outcome(404, error.code, str(error))
        case BusinessRuleError():
            return Outcome(409, error.code, str(error))
        case DomainError():
            return Outcome(422, error.code, str(error))
        case InfrastructureError():
            return Outcome(503, InfrastructureError.code, "Try again later")
        case _:
            return Outcome(500, ShopError.code, "Something went wrong")


def install_error_handlers(app: FastAPI) -> None:
    """Answer every ShopError that a route lets through."""

    @app.exception_handler(ShopError)
    async def answer(request: Request, error: ShopError) -> JSONResponse:
        outcome = outcome_of(error)
        if outcome.status >= 500:
            logger.error(
                "%s failed: %s",
                request.url.path,
                error.code,
                exc_info=error,
                extra={"code": error.code, "context": error.context},
            )
        content = {"code": outcome.code, "message": outcome.message}
        return JSONResponse(content, outcome.status)
