"""Broken: what is to be undone is known to a local variable alone."""

from .participants import RefusedError
from .saga import Saga, SagaDefinition


async def run_saga(saga: Saga, definition: SagaDefinition) -> None:
    done = []
    try:
        for step in definition.steps:
            await step.run(saga.key(step), saga.data)
            done.append(step)
    except RefusedError:
        for step in reversed(done):
            await step.undo(saga.key(step), saga.data)
