"""An adapter: the event bus on RabbitMQ quorum queues (server 3.10)."""

import asyncio
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager
from functools import partial

from aio_pika import DeliveryMode, ExchangeType, Message
from aio_pika.abc import (
    AbstractIncomingMessage,
    AbstractRobustConnection,
    AbstractRobustExchange,
)

from ..code_style.own_cancellation import apart
from .delivery import succeeds
from .event_bus import EventNotPublishedError, Handler, check_subscription
from .event_envelope import EventEnvelope
from .rabbitmq_queue import declare_queue
from .rabbitmq_watch import watched
from .redelivery_policy import RedeliveryPolicy


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
    """Fits the port `EventBus`. Make ``connection`` with `connect_robust`, and
    the exchange on another one.

    Each consumer has a durable queue ``<exchange>.<consumer>``; dead events go
    to ``<exchange>.<consumer>.dead``. A subscription has up to ``prefetch``
    events in hand, those that failed until their delay is over. With
    ``ordered``, one event of one subscription is in hand, and the other
    processes stand by.
    """

    def __init__(
        self,
        connection: AbstractRobustConnection,
        exchange: AbstractRobustExchange,
        redelivery: RedeliveryPolicy,
        *,
        prefetch: int = 16,
        ordered: bool = False,
    ) -> None:
        self._connection = connection
        self._exchange = exchange
        self._redelivery = redelivery
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
            await apart(
                self._exchange.publish(
                    message, event.type, mandatory=True, timeout=10
                )
            )
        except Exception as error:
            raise EventNotPublishedError(str(event.id)) from error

    @asynccontextmanager
    async def subscribe(
        self, consumer: str, event_types: Set[str], handler: Handler
    ) -> AsyncIterator[None]:
        check_subscription(consumer, event_types)
        async with await apart(self._connection.channel()) as channel:
            await apart(channel.set_qos(prefetch_count=self._prefetch))
            queue = await apart(
                declare_queue(
                    channel,
                    f"{self._exchange.name}.{consumer}",
                    max_deliveries=self._redelivery.max_deliveries,
                    ordered=self._ordered,
                )
            )
            for event_type in event_types:
                await apart(queue.bind(self._exchange, event_type))
            async with watched(channel):
                await queue.consume(
                    partial(self._deliver, event_types, handler)
                )
                yield

    async def _deliver(
        self,
        event_types: Set[str],
        handler: Handler,
        message: AbstractIncomingMessage,
    ) -> None:
        before = message.headers.get("x-delivery-count") or 0
        delivery = 1 + before if isinstance(before, int) else 1
        name = f"delivery {delivery} of {message.message_id}"
        if await succeeds(message.body, event_types, handler, name):
            await message.ack()
        else:
            await asyncio.sleep(self._redelivery.delay_after(delivery))
            await message.nack(requeue=True)
