"""The queue of one consumer on RabbitMQ (3.10), with its dead letters."""

from aio_pika.abc import AbstractRobustChannel, AbstractRobustQueue


async def declare_queue(
    channel: AbstractRobustChannel,
    name: str,
    *,
    max_deliveries: int,
    ordered: bool,
) -> AbstractRobustQueue:
    """What was delivered ``max_deliveries`` times goes to ``<name>.dead``.

    If ``ordered``, one subscriber is active, and the others stand by.

    Raises:
        aio_pika.exceptions.ChannelPreconditionFailed: it exists with other
            settings, which cannot be changed.
    """
    dead = await channel.declare_queue(
        f"{name}.dead", durable=True, arguments={"x-queue-type": "quorum"}
    )
    return await channel.declare_queue(
        name,
        durable=True,
        arguments={
            "x-queue-type": "quorum",
            "x-single-active-consumer": ordered,
            "x-delivery-limit": max_deliveries - 1,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": dead.name,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    )
