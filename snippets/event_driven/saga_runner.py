"""Saga runner: takes due sagas forward, or back, one committed step at a time.

It can be killed anywhere. The step it was at is repeated under the same key,
by any runner, once the lease has run out.
"""

import asyncio
import logging
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from ..code_style.own_cancellation import apart
from .background_loop import until_cancelled
from .saga import Saga, SagaDefinition, SagaStatus
from .saga_store import LeaseLostError, SagaStore

logger = logging.getLogger(__name__)


def exponential_delay(attempts: int) -> timedelta:
    """1, 2, 4, … seconds, at most ten minutes."""
    return timedelta(seconds=min(2 ** (attempts - 1), 600))


class SagaRunner:
    """Run as many as you like; they share the work.

    ``lease`` is what a dead runner's saga waits for; a step gets half of it.
    ``give_up_after`` attempts an undoable step is undone.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        definitions: list[SagaDefinition],
        *,
        lease: timedelta = timedelta(seconds=30),
        give_up_after: int = 5,
        delay: Callable[[int], timedelta] = exponential_delay,
    ) -> None:
        self._store = SagaStore(engine)
        self._definitions = {each.name: each for each in definitions}
        self._lease = lease
        self._give_up_after = give_up_after
        self._delay = delay

    async def run(
        self, idle: timedelta = timedelta(seconds=1), at_once: int = 10
    ) -> None:
        """Work until cancelled; with nothing due, look again after ``idle``.

        So many sagas are under way at once: a slow one delays no other.
        """
        pause = idle.total_seconds()

        async def work_or_wait() -> None:
            if not await self.run_once():
                await asyncio.sleep(pause)

        await until_cancelled(
            work_or_wait, pause, "Sagas go on in %s s", at_once=at_once
        )

    async def run_once(self) -> bool:
        """Advance one due saga until it ends or waits; False if none is due."""
        saga = await self._store.claim(set(self._definitions), self._lease)
        if saga is None:
            return False
        definition = self._definitions[saga.name]
        try:
            while await self._advance(saga, definition):
                pass
        except LeaseLostError:
            logger.warning("Saga %s goes on in another runner", saga.id)
        return True

    async def _advance(self, saga: Saga, definition: SagaDefinition) -> bool:
        """Attempt one step; True if the next may follow at once."""
        try:
            async with asyncio.timeout(self._lease.total_seconds() / 2):
                await apart(self._attempt(saga, definition))
        except Exception as error:  # noqa: BLE001 - its outcome is unknown
            at = saga.step
            saga.failed(error, definition, self._give_up_after)
            logger.warning("Saga %s, step %d: %s", saga.id, at, saga.error)
        else:
            saga.succeeded(definition)
        waits = saga.attempts > 0
        due_in = self._delay(saga.attempts) if waits else self._lease
        await self._store.save(saga, due_in)
        return not (waits or saga.has_ended)

    async def _attempt(self, saga: Saga, definition: SagaDefinition) -> None:
        data = deepcopy(saga.data)  # a step that edits it edits its own
        if saga.status is SagaStatus.COMPENSATING:
            undoable = definition.undoable[saga.step]
            await undoable.undo(saga.key(undoable), data)
        else:
            step = definition.steps[saga.step]
            await step.run(saga.key(step), data)
