"""A durable consumer of a JetStream stream, as a queue with redelivery.

The server remembers how often it delivered each message.
"""

from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.js import JetStreamContext

from .redelivery_policy import RedeliveryPolicy


@dataclass(frozen=True, slots=True)
class NatsConsumer:
    """``subscription`` is bound to it; ``dead_letters`` is a subject."""

    jetstream: JetStreamContext
    subscription: JetStreamContext.PullSubscription
    redelivery: RedeliveryPolicy
    dead_letters: str

    async def next(self) -> Msg:
        """Wait a second for a message; `nats.errors.TimeoutError` if none."""
        (message,) = await self.subscription.fetch(1, timeout=1)
        return message

    async def retry_later(self, message: Msg) -> None:
        delivery = message.metadata.num_delivered
        await message.nak(self.redelivery.delay_after(delivery))

    async def bury(self, message: Msg) -> None:
        """Killed between the two, it buries again: the same id, stored once."""
        sequence = message.metadata.sequence.stream
        await self.jetstream.publish(
            self.dead_letters,
            message.data,
            headers={"Nats-Msg-Id": f"{self.dead_letters}:{sequence}"},
        )
        await message.term()
