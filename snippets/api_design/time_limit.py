"""Time limit: a request that is not being answered in time is given up."""

import asyncio
from datetime import timedelta

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..code_style.error_outcomes import Outcome, told


class TimeLimit:
    """ASGI middleware: answers what takes longer than ``within``, and cancels.

    With 408 if the client's body had not come, with 503 otherwise: whether a
    503 took effect is not known, so only what is idempotent may be repeated. An
    answer that has begun, such as a stream, may take as long as it likes.
    """

    def __init__(self, app: ASGIApp, within: timedelta) -> None:
        self._app = app
        self._within = within.total_seconds()

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body_is_here = waits_for_body = has_begun = False

        async def receive_body() -> Message:
            nonlocal body_is_here, waits_for_body
            waits_for_body = not body_is_here
            message = await receive()
            waits_for_body = False
            body_is_here = not message.get("more_body", False)
            return message

        async def begin(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            if not limit.expired():
                limit.reschedule(None)
            await send(message)

        try:
            async with asyncio.timeout(self._within) as limit:
                await self._app(scope, receive_body, begin)
        except TimeoutError:
            if has_begun or not limit.expired():
                raise
            late = told(Outcome(408 if waits_for_body else 503))
            await late(scope, receive, send)
