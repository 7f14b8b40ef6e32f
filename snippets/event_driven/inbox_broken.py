"""Broken: remembers what it has handled, for as long as the process lives."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from .event_envelope import EventEnvelope
from .inbox import Effect


class IdempotentConsumer:
    def __init__(
        self, engine: AsyncEngine, consumer: str, effect: Effect
    ) -> None:
        self._engine = engine
        self._consumer = consumer
        self._effect = effect
        self._handled: set[UUID] = set()

    async def __call__(self, event: EventEnvelope) -> None:
        if event.id in self._handled:
            return
        async with AsyncSession(self._engine) as session, session.begin():
            await self._effect(session, event)
        self._handled.add(event.id)
