"""Broken: FastAPI documents a `model` as application/json."""

from typing import Any

from .problem_details import ProblemDetails


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": ProblemDetails} for status in statuses}
