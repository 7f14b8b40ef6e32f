"""Deprecation and sunset: every answer says that it will end, and when.

`Deprecation` is RFC 9745, `Sunset` RFC 8594. One is a number of seconds, the
other an HTTP date. From the sunset on, the answer is 410 Gone.
"""

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..code_style.clock import Clock, utc
from ..code_style.error_outcomes import PROBLEM_TYPES, problem


@dataclass(frozen=True, slots=True)
class Deprecation:
    """From when on one should not use it, from when on one cannot.

    ``policy`` is a page that says why and what to do, ``successor`` the URL of
    what to use instead.

    Raises:
        ValueError: a time without zone, or a sunset before the deprecation.
    """

    since: datetime
    sunset: datetime
    policy: str
    successor: str

    def __post_init__(self) -> None:
        if utc(self.sunset) < utc(self.since):
            raise ValueError("The sunset is before the deprecation")

    def add_to(self, headers: MutableHeaders) -> None:
        """Beside links that are there already, such as those to pages."""
        headers["Deprecation"] = f"@{int(self.since.timestamp())}"
        headers["Sunset"] = format_datetime(utc(self.sunset), usegmt=True)
        for relation, target in (
            ("deprecation", self.policy),
            ("sunset", self.policy),
            ("successor-version", self.successor),
        ):
            headers.append("Link", f'<{target}>; rel="{relation}"')


class DeprecatedPaths:
    """Middleware: ``prefix`` and all below it are deprecated.

    The prefix is the router's, and holds as well where this application is
    mounted in another one, or has a ``root_path``.
    """

    def __init__(
        self, app: ASGIApp, prefix: str, deprecation: Deprecation, clock: Clock
    ) -> None:
        self._app = app
        self._prefix = prefix.rstrip("/")
        self._deprecation = deprecation
        self._clock = clock

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if not self._covers(scope):
            await self._app(scope, receive, send)
            return

        async def send_deprecated(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._deprecation.add_to(MutableHeaders(scope=message))
            await send(message)

        gone = self._clock.now() >= self._deprecation.sunset
        answer = (
            problem(410, type=PROBLEM_TYPES + "gone") if gone else self._app
        )
        await answer(scope, receive, send_deprecated)

    def _covers(self, scope: Scope) -> bool:
        if scope["type"] != "http":
            return False
        path, root = f"{scope['path']}/", scope.get("root_path", "")
        return path.startswith((f"{self._prefix}/", f"{root}{self._prefix}/"))
