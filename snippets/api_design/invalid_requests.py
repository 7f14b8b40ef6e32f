"""An invalid request is told what is wrong and where, and nothing it sent.

What was sent may be a password, and may be what JSON cannot say: NaN, or half
of a surrogate pair. So an answer that quotes it leaks, or is a 500.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError

from ..code_style.error_outcomes import PROBLEM_TYPES, problem

MOST_ERRORS = 20  # a short body can have a hundred thousand
LONGEST_DETAIL = 200  # characters
LONGEST_PLACE = 500  # of names that the client has chosen, too


def answer_invalid_requests(app: FastAPI) -> None:
    """Instead of FastAPI's handler, or of that of `install_problem_details`."""

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        errors = [
            {
                "detail": item["msg"][:LONGEST_DETAIL],
                **place_of(item, error.body),
            }
            for item in error.errors()[:MOST_ERRORS]
        ]
        return problem(
            422, type=PROBLEM_TYPES + "invalid-request", errors=errors
        )


def place_of(item: Mapping[str, Any], body: object) -> dict[str, str]:
    """The ``pointer`` into the body, or the ``parameter`` by name."""
    match item["loc"]:
        case ["body", *steps]:
            missing = item["type"] == "missing"
            pointer = json_pointer(steps, body, missing=missing)
            if len(pointer) <= LONGEST_PLACE:
                return {"pointer": pointer}
        case [_, name, *_]:
            return {"parameter": str(name)[:LONGEST_PLACE]}
    return {}  # of all parameters together


def json_pointer(
    steps: Sequence[str | int], body: object, *, missing: bool
) -> str:
    """As a fragment (RFC 6901, section 6); ``#`` is the whole body.

    ``steps`` are Pydantic's, which also name the members of a union and the
    keys of a dict. A step that leads nowhere in the body is one of those,
    unless it is the last and what is missing.
    """
    path = []
    for step in steps:
        match body:
            case Mapping() if step in body:
                body = body[step]
            case list() if isinstance(step, int) and 0 <= step < len(body):
                body = body[step]
            case _:
                continue
        path.append(step)
    if missing and steps and isinstance(body, Mapping):
        path.append(steps[-1])
    return "#" + "".join(f"/{_escaped(step)}" for step in path)


def _escaped(step: str | int) -> str:
    token = str(step).replace("~", "~0").replace("/", "~1")
    return quote(token, safe="", errors="surrogatepass")
