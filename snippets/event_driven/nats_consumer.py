"""A durable consumer of a JetStream stream, as a queue with redelivery.

The server remembers how often it delivered each message.
"""

from collections.abc import Set
from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import MaxPayloadError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.errors import APIError

from .delivery import succeeds
from .event_bus import Handler
from .nats_publish import publish_once
from .redelivery_policy import RedeliveryPolicy

NOTHING = {"404", "408", "409"}  # no message, request expired or cancelled


@dataclass(frozen=True, slots=True)
class NatsConsumer:
    """``path`` is ``<stream>.<consumer>``; ``dead_letters`` is a subject.

    ``inbox`` is a subscription to a subject that nobody else has.
    """

    client: Client
    path: str
    inbox: Subscription
    redelivery: RedeliveryPolicy
    dead_letters: str

    async def handle_next(
        self, event_types: Set[str], handler: Handler
    ) -> None:
        """If there is a message: handle it, put it off, or bury it."""
        message = await self.next()
        if message is None:
            return
        delivery = message.metadata.num_delivered
        name = f"delivery {delivery} of {message.subject}"
        if self.redelivery.is_exceeded_by(delivery):
            await self.bury(message)
        elif await succeeds(message.data, event_types, handler, name):
            await message.ack()
        else:
            await self.retry_later(message)

    async def next(self) -> Msg | None:
        """Wait a second for a message.

        What the server says in place of one has no address to acknowledge to.
        nats-py's ``fetch`` (2.16) goes by a header ``Status``, which a
        publisher may set as well: such a message would be stuck for ever.

        Raises:
            nats.js.errors.APIError: the consumer is gone.
        """
        await self.client.publish(
            f"$JS.API.CONSUMER.MSG.NEXT.{self.path}",
            b'{"batch": 1, "expires": 1000000000}',  # nanoseconds
            reply=self.inbox.subject,
        )
        try:
            message = await self.inbox.next_msg(timeout=1.5)
        except NatsTimeoutError:
            return None
        if message.reply:
            return message
        if message.headers and message.headers["Status"] in NOTHING:
            return None
        raise APIError.from_msg(message)

    async def retry_later(self, message: Msg) -> None:
        delivery = message.metadata.num_delivered
        await message.nak(self.redelivery.delay_after(delivery))

    async def bury(self, message: Msg) -> None:
        """Killed between the two, it buries again: the same id, stored once.

        What leaves no room for an id is buried without.
        """
        sequence = message.metadata.sequence.stream
        letter_id = f"{self.dead_letters}:{sequence}"
        try:
            await publish_once(
                self.client, self.dead_letters, message.data, letter_id
            )
        except MaxPayloadError:
            jetstream = self.client.jetstream()
            await jetstream.publish(self.dead_letters, message.data)
        await message.term()
