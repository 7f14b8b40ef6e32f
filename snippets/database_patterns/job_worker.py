"""A worker: claims jobs and runs them, one after the other."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from ..architecture_patterns.read_committed import read_committed
from ..code_style.errors import DomainError
from ..code_style.own_cancellation import apart
from .jobs import JobRow
from .skip_locked_queue import LostJobError, claim_job, fail_job, finish_job

logger = logging.getLogger(__name__)

JobHandler = Callable[[AsyncSession, JobRow], Awaitable[object]]


class UnfinishedJobError(Exception):
    """No worker came back from the job: it may have killed them all."""


class JobWorker:
    """Runs jobs of the kinds it has handlers for; start as many as you like.

    What a handler writes with its session is committed together with the
    result that it returns, once, or not at all: it must not commit. What it
    does elsewhere may be done again. It is cut off after ``timeout``, half of
    its lease, and tried ``attempts`` times: the second time after ``delay``,
    then after twice as long, and so on. What it refuses (`DomainError`) is not
    tried again. Takes one of the engine's connections.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        handlers: Mapping[str, JobHandler],
        *,
        attempts: int = 5,
        timeout: timedelta = timedelta(minutes=1),
        delay: timedelta = timedelta(seconds=10),
    ) -> None:
        self._engine = engine
        self._handlers = handlers
        self._attempts = attempts
        self._timeout = timeout
        self._delay = delay

    async def run(self, poll: float = 1.0) -> None:
        """Work until cancelled; look every ``poll`` seconds when idle.

        What PostgreSQL refuses ends it: let the process be started again.
        """
        while True:
            if not await self.run_once():
                await asyncio.sleep(poll)

    async def run_once(self) -> bool:
        """Make one attempt at a job that is due; False if none is."""
        async with read_committed(self._engine) as session:
            job = await claim_job(session, self._handlers, 2 * self._timeout)
        if job is None:
            return False
        try:
            await self._attempt(job)
        except LostJobError:
            logger.warning("%s %s is another's now", job.kind, job.id)
        except Exception as error:
            logger.exception("%s %s failed", job.kind, job.id)
            await self._fail(job, error)
        return True

    async def _attempt(self, job: JobRow) -> None:
        if job.attempts > self._attempts:
            raise UnfinishedJobError(f"After {self._attempts} attempts")
        handler = self._handlers[job.kind]
        async with (
            asyncio.timeout(self._timeout.total_seconds()),
            read_committed(self._engine) as session,
        ):
            result = await apart(handler(session, job))
            await finish_job(session, job, result)

    async def _fail(self, job: JobRow, error: Exception) -> None:
        last = job.attempts >= self._attempts
        hopeless = last or isinstance(error, DomainError)
        retry_in = None if hopeless else self._delay * job.attempts
        try:
            async with read_committed(self._engine) as session:
                await fail_job(session, job, error, retry_in)
        except LostJobError:
            logger.warning("%s %s is another's now", job.kind, job.id)
