"""An adapter: the event bus on RabbitMQ quorum queues (server 3.10)."""

import logging
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager
from functools import partial

from aio_pika import DeliveryMode, ExchangeType, Message
from aio_pika.abc import (
    AbstractIncomingMessage,
    AbstractRobustChannel,
    AbstractRobustConnection,
    AbstractRobustExchange,
    AbstractRobustQueue,
)

from .event_bus import EventNotPublishedError, Handler
from .event_envelope import EventEnvelope
from .own_cancellation import apart

logger = logging.getLogger(__name__)


async def declare_exchange(
    connection: AbstractRobustConnection, name: str
) -> AbstractRobustExchange:
    """An exchange on which publishing what no queue takes is an error."""
    channel = await connection.channel(
        publisher_confirms=True, on_return_raises=True
    )
    return await channel.declare_exchange(
        name, ExchangeType.TOPIC, durable=True
    )


class RabbitMQBus:
    """Fits the port `EventBus`. Make ``connection`` with `connect_robust`.

    Each consumer has a durable queue ``<exchange>.<consumer>``; what was
    delivered ``max_deliveries`` times goes to ``<exchange>.<consumer>.dead``.
    A failed event is delivered again at once. A subscription handles up to
    ``prefetch`` events at a time. With ``ordered``, one event of one
    subscription is in hand, and the other processes stand by. Deleting the
    queue silences a subscription and does not end its block.
    """

    def __init__(
        self,
        connection: AbstractRobustConnection,
        exchange: AbstractRobustExchange,
        *,
        max_deliveries: int = 5,
        prefetch: int = 16,
        ordered: bool = False,
    ) -> None:
        self._connection = connection
        self._exchange = exchange
        self._max_deliveries = max_deliveries
        self._prefetch = 1 if ordered else prefetch
        self._ordered = ordered

    async def publish(self, event: EventEnvelope) -> None:
        """Return when every queue that wants the event has stored it.

        An event that no queue wants is refused: RabbitMQ would drop it. If the
        channel closes meanwhile, aio-pika 10.2 may raise a bare `Exception`.
        """
        message = Message(
            event.to_json(),
            message_id=str(event.id),
            content_type="application/cloudevents+json",
            delivery_mode=DeliveryMode.PERSISTENT,
        )
        try:
            await self._exchange.publish(
                message, event.type, mandatory=True, timeout=10
            )
        except Exception as error:
            raise EventNotPublishedError(str(event.id)) from error

    @asynccontextmanager
    async def subscribe(
        self, consumer: str, event_types: Set[str], handler: Handler
    ) -> AsyncIterator[None]:
        async with await self._connection.channel() as channel:
            await channel.set_qos(prefetch_count=self._prefetch)
            queue = await self._declare_queue(channel, consumer)
            for event_type in event_types:
                await queue.bind(self._exchange, event_type)
            await queue.consume(partial(self._deliver, handler))
            yield

    async def _declare_queue(
        self, channel: AbstractRobustChannel, consumer: str
    ) -> AbstractRobustQueue:
        name = f"{self._exchange.name}.{consumer}"
        dead = await channel.declare_queue(
            f"{name}.dead", durable=True, arguments={"x-queue-type": "quorum"}
        )
        return await channel.declare_queue(
            name,
            durable=True,
            arguments={
                "x-queue-type": "quorum",
                "x-single-active-consumer": self._ordered,
                "x-delivery-limit": self._max_deliveries - 1,
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": dead.name,
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
            },
        )

    async def _deliver(
        self, handler: Handler, message: AbstractIncomingMessage
    ) -> None:
        try:
            await apart(handler(EventEnvelope.from_json(message.body)))
        except Exception:
            logger.exception("Delivery of %s", message.message_id)
            await message.nack(requeue=True)
        else:
            await message.ack()
