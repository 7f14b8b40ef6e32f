"""The edge: where errors become answers, by family, in one place.

Domain errors are told to the caller in full. Of an infrastructure error the
caller learns that it may try later, and of a bug nothing; both are logged
once. Over HTTP an answer is a problem document (RFC 9457).
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import responses

from fastapi import FastAPI, Request, Response

from .errors import (
    ConflictError,
    DomainError,
    InfrastructureError,
    NotFoundError,
    ShopError,
)

logger = logging.getLogger(__name__)
PROBLEM_TYPES = "https://shop.example/problems/"
RETRY_AFTER = "5"  # seconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the caller gets to see of an error."""

    status: int
    code: str | None = None
    detail: str | None = None


def outcome_of(error: Exception) -> Outcome:
    """The answer to an error; the most special family first."""
    match error:
        case NotFoundError():
            return Outcome(404, error.code, str(error))
        case ConflictError():
            return Outcome(409, error.code, str(error))
        case DomainError():
            return Outcome(422, error.code, str(error))
        case InfrastructureError():
            return Outcome(503)
        case _:
            return Outcome(500)


def problem(
    status: int,
    headers: Mapping[str, str] | None = None,
    **members: object,
) -> Response:
    """A response that says what is wrong, to people and to programs.

    In ASCII: a detail may quote a lone surrogate, which UTF-8 has not. A status
    that IANA has not assigned, such as 499, has its number for a title.
    """
    title = responses.get(status, f"Status {status}")
    body = {"type": "about:blank", "title": title, "status": status, **members}
    return Response(
        json.dumps(body, default=str),
        status,
        headers,
        media_type="application/problem+json",
    )


def told(outcome: Outcome) -> Response:
    """The outcome over HTTP."""
    if outcome.code is None:
        later = {"Retry-After": RETRY_AFTER} if outcome.status == 503 else None
        return problem(outcome.status, later)
    return problem(
        outcome.status,
        type=PROBLEM_TYPES + outcome.code,
        detail=outcome.detail,
    )


def install_error_handlers(app: FastAPI) -> None:
    """Answer every error that a route lets through."""

    @app.exception_handler(ShopError)
    async def answer(request: Request, error: ShopError) -> Response:
        outcome = outcome_of(error)
        if outcome.status >= 500:
            logger.error(
                "%r failed: %s",  # a path may hold a line break
                request.url.path,
                error.code,
                exc_info=error,
                extra={"code": error.code, "context": error.context},
            )
        return told(outcome)

    @app.exception_handler(Exception)
    async def bug(_: Request, error: Exception) -> Response:
        return told(outcome_of(error))  # the server logs the traceback
