"""An adapter: the event bus on NATS JetStream (server 2.10 or later)."""

import asyncio
import logging
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager, suppress
from functools import partial

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from ..code_style.own_cancellation import StrayCancellationError, apart
from .background_loop import repeating
from .event_bus import EventNotPublishedError, Handler, check_subscription
from .event_envelope import EventEnvelope
from .nats_consumer import NatsConsumer
from .nats_durable import create_or_widen
from .nats_publish import publish_once
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
        client: Client,
        stream: str,
        redelivery: RedeliveryPolicy,
        *,
        ordered: bool = False,
    ) -> None:
        self._client = client
        self._jetstream = client.jetstream()
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
        subject = f"{self._stream}.{event.type}"
        try:
            await apart(
                publish_once(
                    self._client, subject, event.to_json(), str(event.id)
                )
            )
        except (NatsError, OSError, StrayCancellationError) as error:
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
        check_subscription(consumer, event_types)
        queue = await apart(self._open(consumer, event_types, replay=replay))
        step = partial(self._consume_one, queue, event_types, handler)
        try:
            async with repeating(step):
                yield
        finally:
            with suppress(NatsError):  # the connection may be the reason
                await queue.inbox.unsubscribe()

    async def _open(
        self, consumer: str, event_types: Set[str], *, replay: bool
    ) -> NatsConsumer:
        config = ConsumerConfig(
            durable_name=consumer,
            filter_subjects=[f"{self._stream}.{t}" for t in event_types],
            deliver_policy=DeliverPolicy.ALL if replay else DeliverPolicy.NEW,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=self._redelivery.timeout,
            max_ack_pending=self._max_ack_pending,
        )
        await create_or_widen(self._client, self._stream, config)
        return NatsConsumer(
            self._client,
            f"{self._stream}.{consumer}",
            await self._client.subscribe(self._client.new_inbox()),
            self._redelivery,
            f"{self._stream}-dead.{consumer}",
        )

    async def _consume_one(
        self, queue: NatsConsumer, event_types: Set[str], handler: Handler
    ) -> None:
        try:
            await queue.handle_next(event_types, handler)
        except ConnectionError:  # nats-py makes it anew
            logger.exception("%s waits for NATS", queue.path)
            await asyncio.sleep(self._redelivery.first_delay)
