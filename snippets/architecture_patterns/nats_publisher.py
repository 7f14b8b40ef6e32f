"""An adapter: events to NATS JetStream."""

from nats.js import JetStreamContext


class NatsPublisher:
    """Fits the port `EventPublisher`. Subjects start with ``prefix``."""

    def __init__(self, jetstream: JetStreamContext, prefix: str) -> None:
        self._jetstream = jetstream
        self._prefix = prefix

    async def publish(
        self, subject: str, payload: bytes, message_id: str
    ) -> None:
        await self._jetstream.publish(
            f"{self._prefix}.{subject}",
            payload,
            headers={"Nats-Msg-Id": message_id},
        )
