"""ETags, and what a request demands of them (RFC 9110, section 13).

An ETag names one state of what a client was shown. `If-Match` says "only if it
still is so", `If-None-Match` "only if it is no longer so".
"""

import re
from collections.abc import Sequence
from typing import Annotated

from fastapi import Header, HTTPException, Request

TAG = re.compile(r'(?:W/)?"[!#-~\x80-\xff]*"')  # section 8.8.3

TagList = Annotated[str | None, Header()]


def strong_etag(form: str, version: int) -> str:
    """One for each state and form: change ``form`` when the schema changes."""
    return f'"{form}-{version}"'


def etag_headers(etag: str) -> dict[str, str]:
    """Of an answer that a client may keep, and asks about before each use."""
    return {"ETag": etag, "Cache-Control": "private, no-cache"}


class Preconditions:
    """A dependency. A list that is none of ETags raises HTTPException (400)."""

    def __init__(
        self,
        request: Request,
        if_match: TagList = None,
        if_none_match: TagList = None,
    ) -> None:
        lines = request.headers.getlist  # a list may stand on several
        self._reads = request.method in {"GET", "HEAD"}
        self._match = None if if_match is None else _tags(lines("If-Match"))
        self._none_match: set[str] = set()
        if if_none_match is not None:
            self._none_match = _tags(lines("If-None-Match"))

    def require_match(self) -> None:
        """Raises HTTPException (428) if there is no `If-Match`."""
        if self._match is None:
            raise HTTPException(428, "Say in If-Match which state you change")

    def check(self, etag: str) -> None:
        """Go on if the state with this strong ETag is what was demanded.

        `If-Match` compares strongly, so no weak tag matches; `If-None-Match`
        compares weakly.

        Raises:
            HTTPException: 412; or 304, where a GET has it already.
        """
        if self._match is not None and not self._match & {"*", etag}:
            raise HTTPException(412, "It is no longer what you have seen")
        if {tag.removeprefix("W/") for tag in self._none_match} & {"*", etag}:
            if self._reads:
                raise HTTPException(304, headers=etag_headers(etag))
            raise HTTPException(412, "It is there already")


def _tags(lines: Sequence[str]) -> set[str]:
    listed = ",".join(lines)
    if listed.strip() == "*":
        return {"*"}
    if TAG.sub("", listed).strip(" \t,"):
        raise HTTPException(400, 'An ETag is in quotes, such as "3"')
    return set(TAG.findall(listed))
