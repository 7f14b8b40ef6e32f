"""An adapter: the event bus on NATS JetStream (server 2.10 or later)."""

import logging
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager, suppress
from functools import partial

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from .background_loop import repeating
from .event_bus import EventNotPublishedError, Handler
from .event_envelope import EventEnvelope
from .nats_consumer import NatsConsumer
from .own_cancellation import apart
from .redelivery_policy import RedeliveryPolicy

logger = logging.getLogger(__name__)


class NatsBus:
    """Fits the port `EventBus`. Each subscription handles one event at a time.

    Dead events get the subject ``<stream>-dead.<consumer>``. With ``ordered``,
    each consumer has one event in hand, however many processes share it: order
    is kept, also over failures.
    """

    def __init__(
        self,
        jetstream: JetStreamContext,
        stream: str,
        redelivery: RedeliveryPolicy,
        *,
        ordered: bool = False,
    ) -> None:
        self._jetstream = jetstream
        self._stream = stream
        self._redelivery = redelivery
        self._max_ack_pending = 1 if ordered else 1000

    async def create_streams(self) -> None:
        """Create what the bus needs; what is there keeps its settings."""
        for name in (self._stream, f"{self._stream}-dead"):
            try:
                await self._jetstream.stream_info(name)
            except NotFoundError:
                subjects = [f"{name}.>"]
                await self._jetstream.add_stream(name=name, subjects=subjects)

    async def publish(self, event: EventEnvelope) -> None:
        """JetStream drops an id it has seen in the last two minutes."""
        try:
            await self._jetstream.publish(
                f"{self._stream}.{event.type}",
                event.to_json(),
                headers={"Nats-Msg-Id": str(event.id)},
            )
        except NatsError as error:
            raise EventNotPublishedError(str(event.id)) from error

    @asynccontextmanager
    async def subscribe(
        self,
        consumer: str,
        event_types: Set[str],
        handler: Handler,
        *,
        replay: bool = False,
    ) -> AsyncIterator[None]:
        """See `EventBus`. A new consumer with ``replay`` gets all events that
        the stream holds; one that exists must be given what it was made with.
        """
        since = DeliverPolicy.ALL if replay else DeliverPolicy.NEW
        await self._jetstream.add_consumer(
            self._stream,
            ConsumerConfig(
                durable_name=consumer,
                filter_subjects=[f"{self._stream}.{t}" for t in event_types],
                deliver_policy=since,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=self._redelivery.timeout,
                max_ack_pending=self._max_ack_pending,
            ),
        )
        subscription = await self._jetstream.pull_subscribe_bind(
            durable=consumer, stream=self._stream
        )
        dead_letters = f"{self._stream}-dead.{consumer}"
        queue = NatsConsumer(
            self._jetstream, subscription, self._redelivery, dead_letters
        )
        try:
            async with repeating(partial(self._consume_one, queue, handler)):
                yield
        finally:
            with suppress(NatsError):  # it may be the connection that failed
                await subscription.unsubscribe()

    async def _consume_one(self, queue: NatsConsumer, handler: Handler) -> None:
        try:
            message = await queue.next()
        except NatsTimeoutError:
            return
        if self._redelivery.is_exceeded_by(message.metadata.num_delivered):
            await queue.bury(message)
        elif await self._succeeds(handler, message):
            await message.ack()
        else:
            await queue.retry_later(message)

    async def _succeeds(self, handler: Handler, message: Msg) -> bool:
        try:
            await apart(handler(EventEnvelope.from_json(message.data)))
        except Exception:
            delivery = message.metadata.num_delivered
            logger.exception("Delivery %s of %s", delivery, message.subject)
            return False
        return True
