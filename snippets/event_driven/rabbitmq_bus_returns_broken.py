"""Broken: mandatory and confirmed, and yet what no queue takes is dropped."""

from aio_pika import ExchangeType
from aio_pika.abc import AbstractRobustConnection, AbstractRobustExchange


async def declare_exchange(
    connection: AbstractRobustConnection, name: str
) -> AbstractRobustExchange:
    channel = await connection.channel(publisher_confirms=True)
    return await channel.declare_exchange(
        name, ExchangeType.TOPIC, durable=True
    )
