"""Broken: hands what comes from the bus to whoever is connected just then."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent

from .event_envelope import EventEnvelope


class LiveUpdates:
    def __init__(self) -> None:
        self._clients: dict[str, set[asyncio.Queue[EventEnvelope]]] = {}
        self.router = APIRouter()
        self.router.get(
            "/orders/{order_id}/events", response_class=EventSourceResponse
        )(self.order_events)

    async def on_event(self, event: EventEnvelope) -> None:
        for queue in self._clients.get(event.subject, ()):
            queue.put_nowait(event)

    async def order_events(
        self, order_id: UUID
    ) -> AsyncIterator[ServerSentEvent]:
        queue: asyncio.Queue[EventEnvelope] = asyncio.Queue()
        clients = self._clients.setdefault(f"order-{order_id}", set())
        clients.add(queue)
        try:
            while True:
                event = await queue.get()
                yield ServerSentEvent(
                    id=str(event.id), event=event.type, data=dict(event.data)
                )
        finally:
            clients.discard(queue)
