"""Limits of a request: how large, and for how long.

``max_body_size`` (FastAPI 0.165) counts what arrives, announced or in chunks;
a router or a route may say otherwise for itself.
"""

from datetime import timedelta

from fastapi import FastAPI

from .time_limit import TimeLimit

MEGABYTE = 1_000_000


def limited_app(
    max_body: int = MEGABYTE, within: timedelta = timedelta(seconds=20)
) -> FastAPI:
    """An application that answers 413 to a body of more bytes, 408 to one that
    does not come, and 503 for what it cannot do in time.
    """
    app = FastAPI(max_body_size=max_body)
    app.add_middleware(TimeLimit, within=within)
    return app
