"""One handler on NATS JetStream, RabbitMQ and Redis streams, by FastStream 0.7.

The handler is a function of a typed event; each broker gets a subscription.
``shop`` names stream or exchange.
"""

from collections.abc import Awaitable, Callable

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker
from faststream.rabbit import (
    ExchangeType,
    QueueType,
    RabbitBroker,
    RabbitExchange,
    RabbitQueue,
)
from faststream.redis import RedisBroker, StreamSub
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig
from nats.js.errors import NotFoundError

from .typed_events import OrderPlacedMessage

Handle = Callable[[OrderPlacedMessage], Awaitable[None]]


def on_nats(broker: NatsBroker, shop: str, handle: Handle) -> None:
    """After five deliveries JetStream lets go of the event: see its advisory
    ``$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.<stream>.<consumer>``.
    """
    broker.subscriber(
        f"{shop}.order.placed",
        stream=JStream(shop, subjects=[f"{shop}.>"]),
        durable="stock",
        config=ConsumerConfig(max_deliver=5),
        pull_sub=True,
        ack_policy=AckPolicy.NACK_ON_ERROR,
    )(handle)


async def hears_nats(jetstream: JetStreamContext, shop: str) -> bool:
    """For the health check: whether there still is what `on_nats` made.

    When its stream is deleted, FastStream (0.7.8) stays silent, for good.
    """
    try:
        await jetstream.consumer_info(shop, "stock")
    except NotFoundError:
        return False
    return True


def on_rabbitmq(broker: RabbitBroker, shop: str, handle: Handle) -> None:
    """After five deliveries RabbitMQ moves the event to ``<shop>.stock.dead``,
    which must exist.
    """
    broker.subscriber(
        RabbitQueue(
            f"{shop}.stock",
            queue_type=QueueType.QUORUM,
            durable=True,
            routing_key="order.placed",
            arguments={
                "x-delivery-limit": 4,
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": f"{shop}.stock.dead",
            },
        ),
        RabbitExchange(shop, type=ExchangeType.TOPIC, durable=True),
        ack_policy=AckPolicy.NACK_ON_ERROR,
    )(handle)


def on_redis(
    broker: RedisBroker, shop: str, worker: str, handle: Handle
) -> None:
    """Two subscriptions: what is new, and what failed or was left behind for
    a minute. Nothing counts deliveries.
    """
    stream = f"{shop}:order.placed"
    for min_idle_time in (None, 60_000):  # milliseconds
        broker.subscriber(
            stream=StreamSub(
                stream,
                group="stock",
                consumer=worker,
                min_idle_time=min_idle_time,
            ),
            ack_policy=AckPolicy.NACK_ON_ERROR,
        )(handle)
