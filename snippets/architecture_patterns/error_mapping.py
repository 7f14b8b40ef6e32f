"""Errors become HTTP here and nowhere else, as problem details (RFC 9457).

The family of an error decides its status, so a new error needs no new line
here. A caller reads the messages of domain errors; of all others, nothing.
"""

import json
import logging
from collections.abc import Mapping
from http.client import responses

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from .errors import (
    ConflictError,
    DomainError,
    InfrastructureError,
    NotFoundError,
)

STATUS_OF_FAMILY = {NotFoundError: 404, ConflictError: 409, DomainError: 422}
logger = logging.getLogger(__name__)
PROBLEM_TYPES = "https://shop.example/problems/"
WITHOUT_BODY = {204, 205, 304}


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


def install_error_handlers(app: FastAPI) -> None:
    """Map every error that a route lets through."""

    @app.exception_handler(DomainError)
    async def refused(_: Request, error: DomainError) -> Response:
        status = next(
            status
            for family, status in STATUS_OF_FAMILY.items()
            if isinstance(error, family)
        )
        return problem(
            status, type=PROBLEM_TYPES + error.code, detail=str(error)
        )

    @app.exception_handler(InfrastructureError)
    async def unavailable(_: Request, error: InfrastructureError) -> Response:
        logger.error("A dependency failed", exc_info=error)
        return problem(503, {"Retry-After": "5"})

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        errors = [
            {"location": "/".join(map(str, item["loc"])), "detail": item["msg"]}
            for item in error.errors()
        ]
        return problem(
            422, type=PROBLEM_TYPES + "invalid-request", errors=errors
        )

    @app.exception_handler(HTTPException)
    async def of_the_framework(_: Request, error: HTTPException) -> Response:
        if error.status_code not in range(200, 600):  # none to end with
            raise ValueError("Not the status of an answer") from error
        if error.status_code in WITHOUT_BODY:
            return Response(None, error.status_code, error.headers)
        return problem(error.status_code, error.headers, detail=error.detail)

    @app.exception_handler(Exception)
    async def unexpected(_: Request, __: Exception) -> Response:
        return problem(500)  # the server logs the traceback
