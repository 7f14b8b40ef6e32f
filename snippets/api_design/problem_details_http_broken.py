"""Broken: handles FastAPI's HTTPException, which is not the router's."""

from fastapi import FastAPI, HTTPException, Request, Response

from ..code_style.error_outcomes import install_error_handlers, problem


def install_problem_details(app: FastAPI) -> None:
    install_error_handlers(app)

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> Response:
        return problem(error.status_code, detail=error.detail)
