"""Broken: believes what the client says about its body, or does not say."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response

from ..code_style.error_outcomes import problem

MEGABYTE = 1_000_000


def limited_app(max_body: int = MEGABYTE) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def limit_body(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        if int(request.headers.get("Content-Length", "0")) > max_body:
            return problem(413)
        return await call_next(request)

    return app
