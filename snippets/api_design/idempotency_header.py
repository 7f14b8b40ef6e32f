"""The `Idempotency-Key` header: what a route gets of it, and what it answers.

draft-ietf-httpapi-idempotency-key-header-07: a quoted string, such as
`"8e03978e-40d5-43e8-bc93-6894a57f9324"`. Most clients leave out the quotes.
"""

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, HTTPException, Request, Response

from .keyed_request import Answer, KeyedRequest

HEADER = "Idempotency-Key"
KEY = re.compile('("?)([A-Za-z0-9_-]{16,128})\\1')
REPLAYED = "Idempotent-Replayed"


def keyed_request(
    operation: str, caller: Callable[..., object]
) -> Callable[..., Awaitable[KeyedRequest]]:
    """A dependency for a route that requires a key; ``caller`` is another,
    which gives the id of who sends.

    It raises HTTPException (400): no key, several, or none of 16 to 128
    letters, digits, "-" and "_". The fingerprint covers the path with its
    query and the body, byte by byte: of JSON, since FastAPI has read a form
    before, and then this raises RuntimeError.
    """

    async def keyed(
        request: Request,
        caller_id: Annotated[UUID, Depends(caller)],
        idempotency_key: Annotated[str | None, Header()] = None,
    ) -> KeyedRequest:
        key = KEY.fullmatch(idempotency_key or "")
        if key is None or len(request.headers.getlist(HEADER)) > 1:
            raise HTTPException(400, f"Send one {HEADER} of 16 characters")
        target = (request.scope["path"], request.scope["query_string"])
        content = repr((*target, await request.body()))
        return KeyedRequest(
            str(caller_id),
            operation,
            key[2],
            sha256(content.encode()).digest(),
        )

    return keyed


def to_response(answer: Answer) -> Response:
    """The answer over HTTP, and whether it was given before."""
    response = Response(answer.body, answer.status, answer.headers)
    if answer.replayed:
        response.headers[REPLAYED] = "true"
    return response
