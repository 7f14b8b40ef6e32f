"""Broken: FastAPI's own way, which has the path in it."""

from fastapi.routing import APIRoute
from fastapi.utils import generate_unique_id


def operation_id(route: APIRoute) -> str:
    return generate_unique_id(route)
