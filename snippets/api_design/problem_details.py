"""Problem details (RFC 9457) as a part of the API's OpenAPI document.

`error_mapping` answers with them. A client learns of it only if the document
says so, under the media type that the answers have.
"""

from http.client import responses
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import models_json_schema

SCHEMAS = "#/components/schemas/"
RANGES = {"4XX": "The request was refused", "5XX": "The service failed"}


class InvalidInput(BaseModel):
    """One thing that is wrong with a request, and where."""

    detail: str
    pointer: str | None = None  # into the body: a JSON Pointer (RFC 6901)
    parameter: str | None = None  # or which of the query, path or headers


class ProblemDetails(BaseModel):
    """What is wrong; programs decide by `type` and `status` alone."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    errors: list[InvalidInput] | None = None


def problem_responses(*statuses: int | str) -> dict[int | str, dict[str, Any]]:
    """For `responses=` of a route, a router or the application.

    A status is a number, or ``4XX`` or ``5XX`` for all that are not named.
    Where 422 or ``4XX`` is, FastAPI does not document a 422 of its own.
    """
    schema = {"$ref": f"{SCHEMAS}{ProblemDetails.__name__}"}
    return {
        status: {
            "description": responses.get(status)
            if isinstance(status, int)
            else RANGES[status],
            "content": {"application/problem+json": {"schema": schema}},
        }
        for status in statuses
    }


def document_problems(app: FastAPI) -> None:
    """Add the schema that `problem_responses` refer to, once for all routes."""
    without = app.openapi
    _, definitions = models_json_schema(
        [(ProblemDetails, "serialization")], ref_template=f"{SCHEMAS}{{model}}"
    )

    def openapi() -> dict[str, Any]:
        document = without()
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).update(definitions["$defs"])
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI says to do so
