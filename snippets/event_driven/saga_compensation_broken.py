"""Broken: a compensation that fails is logged, and the saga goes on."""

import logging

from .saga import Saga, SagaDefinition, SagaStatus
from .saga_runner import SagaRunner

logger = logging.getLogger(__name__)


class BestEffortSagaRunner(SagaRunner):
    async def _attempt(self, saga: Saga, definition: SagaDefinition) -> None:
        try:
            await super()._attempt(saga, definition)
        except Exception:
            if saga.status is not SagaStatus.COMPENSATING:
                raise
            logger.exception("Saga %s: could not undo", saga.id)
