"""A 405 that names all methods of the resource (RFC 9110, section 15.5.6).

The router asks one route after the other, and the first whose path fits, but
whose method does not, answers: with its own methods in `Allow`. Where GET and
DELETE of a path are two functions, that is one of two.
"""

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class WholeAllow:
    """Middleware: ``app.add_middleware(WholeAllow, routes=app.routes)``."""

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._routes = routes

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        asked = {**scope}  # a mounted application changes its root path

        async def send_whole(message: Message) -> None:
            if message.get("status") == 405:
                allowed = self._allowed(asked)
                if scope["method"] not in allowed:  # else a route says so
                    headers = MutableHeaders(scope=message)
                    headers["Allow"] = ", ".join(allowed)
            await send(message)

        await self._app(scope, receive, send_whole)

    def _allowed(self, scope: Scope) -> list[str]:
        return [
            method
            for method in METHODS
            if any(
                route.matches({**scope, "method": method})[0] is Match.FULL
                for route in self._routes
            )
        ]
