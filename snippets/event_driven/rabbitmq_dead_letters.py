"""Dead letters of one consumer of `RabbitMQBus`, and their replay."""

from collections.abc import Set

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractConnection

from .delivery import succeeds
from .event_bus import Handler, check_subscription


class RabbitMQDeadLetters:
    """Make it with what the bus was made with."""

    def __init__(
        self, connection: AbstractConnection, exchange: str, consumer: str
    ) -> None:
        self._connection = connection
        self._consumer = consumer
        self._letters = f"{exchange}.{consumer}.dead"

    async def replay(self, event_types: Set[str], handler: Handler) -> int:
        """Hand each to ``handler``, oldest first; return how many succeeded.

        Those are deleted, the others are logged and go to the end of the queue:
        given back, RabbitMQ 4 would count them as delivered, and drop them some
        day. No other consumer gets them. Killed after the handler, it hands one
        over twice.
        """
        check_subscription(self._consumer, event_types)
        succeeded = 0
        async with await self._connection.channel() as channel:
            queue = await channel.get_queue(self._letters)
            for _ in range(queue.declaration_result.message_count or 0):
                letter = await queue.get(fail=False)
                if letter is None:  # somebody else replays them, too
                    break
                name = f"letter {letter.message_id} of {self._letters}"
                if await succeeds(letter.body, event_types, handler, name):
                    succeeded += 1
                else:
                    again = Message(
                        letter.body,
                        message_id=letter.message_id,
                        delivery_mode=DeliveryMode.PERSISTENT,
                    )
                    await channel.default_exchange.publish(again, self._letters)
                await letter.ack()
        return succeeded
