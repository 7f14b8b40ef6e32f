"""Dead letters of one consumer of `NatsBus`, and their replay."""

from collections.abc import Set

from nats.aio.client import Client
from nats.js.errors import NotFoundError

from .delivery import succeeds
from .event_bus import Handler, check_subscription


class NatsDeadLetters:
    """Make it with what the bus was made with."""

    def __init__(self, client: Client, stream: str, consumer: str) -> None:
        self._jetstream = client.jetstream()
        self._stream = f"{stream}-dead"
        self._consumer = consumer

    async def replay(self, event_types: Set[str], handler: Handler) -> int:
        """Hand each to ``handler``, oldest first; return how many succeeded.

        Those are deleted, the others are logged and stay. No other consumer
        gets them. Killed after the handler, or run twice at once, it hands one
        over twice.
        """
        check_subscription(self._consumer, event_types)
        subject = f"{self._stream}.{self._consumer}"
        sequence, succeeded = 0, 0
        while True:
            try:
                letter = await self._jetstream.get_msg(
                    self._stream, sequence + 1, subject, next=True
                )
            except NotFoundError:
                return succeeded
            sequence, body = letter.seq or 0, letter.data or b""
            name = f"letter {sequence} of {subject}"
            if await succeeds(body, event_types, handler, name):
                await self._jetstream.delete_msg(self._stream, sequence)
                succeeded += 1
