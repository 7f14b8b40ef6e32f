"""CORS: which pages of other origins may read the answers of this service.

It goes around the whole application. FastAPI makes the answer to an unexpected
error outside all middleware that was added to it, so that answer would lack the
header, and the browser would report a CORS error and hide the 500.
"""

from collections.abc import Sequence

from fastapi.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp


def with_cors(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """Serve what this returns; ``origins`` are such as https://shop.example.

    Pages there may read any answer and send JSON, without cookies.
    """
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=["DELETE", "GET", "PATCH", "POST", "PUT"],
        allow_headers=["Content-Type"],
    )
