"""Broken: answers with all that Pydantic has found, and so with the input."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse


def answer_invalid_requests(app: FastAPI) -> None:
    @app.exception_handler(RequestValidationError)
    async def invalid(
        _: Request, error: RequestValidationError
    ) -> JSONResponse:
        return JSONResponse({"errors": error.errors()}, 422)
