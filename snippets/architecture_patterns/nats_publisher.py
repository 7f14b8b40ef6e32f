"""An adapter: events to NATS JetStream."""

import re

from nats.aio.client import Client
from nats.errors import BadSubjectError, MaxPayloadError

SUBJECT = re.compile(r"[\w-]+(\.[\w-]+)*", re.ASCII)
LONGEST = 200  # characters: the server closes on what is longer than a line


class NatsPublisher:
    """Fits the port `EventPublisher`. Subjects start with ``prefix``."""

    def __init__(self, client: Client, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    async def publish(
        self, subject: str, payload: bytes, message_id: str
    ) -> None:
        """Return when a stream has stored it.

        The server's ``max_payload`` counts headers, nats-py (2.16) does not:
        what is too large by its headers would close the client for good.

        Raises:
            nats.errors.MaxPayloadError: it is too large, and was not sent.
            nats.errors.BadSubjectError: it is not words joined by dots.
            nats.errors.Error: it may not be stored.
        """
        if len(subject) > LONGEST or not SUBJECT.fullmatch(subject):
            raise BadSubjectError
        headers = f"NATS/1.0\r\nNats-Msg-Id: {message_id}\r\n\r\n"
        if len(headers.encode()) + len(payload) > self._client.max_payload:
            raise MaxPayloadError
        await self._client.jetstream().publish(
            f"{self._prefix}.{subject}",
            payload,
            headers={"Nats-Msg-Id": message_id},
        )
