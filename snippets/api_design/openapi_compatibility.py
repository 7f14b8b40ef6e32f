"""A gate for CI: what in the new OpenAPI document breaks clients of the old.

A client was written, or generated, for the old document. It is broken by an
operation, a parameter or a response that is gone, by input that is refused now,
and by output that it was not told of. Additions are no break.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from .schema_compatibility import Comparison, Side

Part = Mapping[str, Any]
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def breaking_changes(old: Part, new: Part) -> list[str]:
    """A line for each, such as ``GET /orders/{id} 200 json.total: …``.

    Both are documents of OpenAPI 3.1, as `FastAPI.openapi` makes them.
    """
    found: list[str] = []
    for path, item in old["paths"].items():
        for method in filter(item.__contains__, METHODS):
            operation = new["paths"].get(path, {}).get(method)
            at = f"{method.upper()} {path}"
            if operation is None:
                found.append(f"{at}: is gone")
                continue
            pair = Side(old, item[method]), Side(new, operation)
            for part in (_operation, _parameters, _body, _responses):
                found.extend(f"{at} {line}" for line in part(*pair))
    return found


def _operation(old: Side, new: Side) -> Iterator[str]:
    """A generated client calls its function after the operation's id."""
    if new.get("operationId") != old.get("operationId"):
        yield f"operationId: is {new.get('operationId')}"
    if new.get("security", []) not in ([], old.get("security")):
        yield "security: other credentials"


def _parameters(old: Side, new: Side) -> Iterator[str]:
    before, after = (
        {(p["in"], p["name"]): p for p in side.get("parameters", ())}
        for side in (old, new)
    )
    for key, parameter in before.items():
        at = " ".join(key)
        if key not in after:
            yield f"{at}: is gone"
            continue
        sent, taken = parameter["schema"], after[key]["schema"]
        yield from Comparison(of_input=True).excess(
            old.to(sent), new.to(taken), at
        )
    for key, parameter in after.items():
        was = before.get(key, {}).get("required", False)
        if parameter.get("required") and not was:
            yield f"{' '.join(key)}: is required"


def _body(old: Side, new: Side) -> Iterator[str]:
    before, after = old.get("requestBody", {}), new.get("requestBody", {})
    if after.get("required") and not before.get("required"):
        yield "body: is required"
    for kind, content in before.get("content", {}).items():
        if kind not in after.get("content", {}):
            yield f"body {kind}: is gone"
            continue
        sent, taken = content["schema"], after["content"][kind]["schema"]
        yield from Comparison(of_input=True).excess(
            old.to(sent), new.to(taken), "body"
        )


def _responses(old: Side, new: Side) -> Iterator[str]:
    for status, before in old.get("responses").items():
        after = new.get("responses").get(status)
        if after is None:
            if status.startswith("2"):
                yield f"{status}: is gone"
            continue
        for kind, content in before.get("content", {}).items():
            if kind not in after.get("content", {}):
                yield f"{status} {kind}: is gone"
                continue
            sent, read = after["content"][kind], content
            yield from Comparison(of_input=False).excess(
                new.to(sent.get("schema", {})),
                old.to(read.get("schema", {})),
                status,
            )
