"""FastAPI's own refusals as problem details too (RFC 9457), like the shop's.

Left alone, FastAPI answers an invalid body in a form of its own, and quotes it.
"""

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from ..code_style.error_outcomes import (
    PROBLEM_TYPES,
    install_error_handlers,
    problem,
)

WITHOUT_BODY = {204, 205, 304}


def install_problem_details(app: FastAPI) -> None:
    """Answer every error that a route lets through, and every request that
    reaches none.
    """
    install_error_handlers(app)

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
