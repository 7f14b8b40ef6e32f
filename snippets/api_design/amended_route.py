"""Headers on whatever a route answers, refusals included.

What a dependency sets on FastAPI's `Response` is lost when the route raises:
the answer is then another object, made by the handler of the error.
"""

from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope, Send


class AmendedRoute(APIRoute):
    """For `APIRouter(route_class=…)`; a subclass says what to add.

    Not to what no route answers: a path or a method that is not there (404,
    405), and a bug (500).
    """

    def amend(self, headers: MutableHeaders) -> None:
        """Change the headers of an answer that is about to leave."""
        raise NotImplementedError

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_amended(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.amend(MutableHeaders(scope=message))
            await send(message)

        await super().handle(scope, receive, send_amended)
