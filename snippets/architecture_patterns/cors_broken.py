"""Broken: adds CORS inside of what answers unexpected errors."""

from collections.abc import Sequence

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware


def with_cors(app: FastAPI, origins: Sequence[str]) -> FastAPI:
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["DELETE", "GET", "PATCH", "POST", "PUT"],
        allow_headers=["Content-Type"],
    )
    return app
