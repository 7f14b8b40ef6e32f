"""Saga: a transaction in steps, each committed, the early ones undoable.

Steps are of three kinds: those that can be undone, then one that decides (the
pivot), then those that are repeated until they succeed. A refusal before or at
the pivot turns the saga back; behind the pivot there is only forward. The
state below is all that a process needs in order to go on where another died.

The idea: H. Garcia-Molina and K. Salem, "Sagas", SIGMOD 1987. The three kinds:
C. Richardson, "Microservices Patterns", chapter 4.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from ..code_style.error_text import error_text
from .participants import RefusedError

Action = Callable[[str, Mapping[str, Any]], Awaitable[None]]
"""Takes an idempotency key and the saga's data; may be called repeatedly."""


@dataclass(frozen=True, slots=True)
class Step:
    """The pivot, or a step behind it."""

    name: str
    run: Action


@dataclass(frozen=True, slots=True)
class UndoableStep(Step):
    """``undo`` gets the key of ``run`` and must accept that it never ran."""

    undo: Action


@dataclass(frozen=True, slots=True)
class SagaDefinition:
    """The steps by kind, in order. Change them only under another name."""

    name: str
    undoable: tuple[UndoableStep, ...]
    pivot: Step
    forward: tuple[Step, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return (*self.undoable, self.pivot, *self.forward)


class SagaStatus(StrEnum):
    """The last two are final."""

    RUNNING = "running"
    COMPENSATING = "compensating"
    COMPLETED = "completed"
    COMPENSATED = "compensated"


@dataclass(slots=True, kw_only=True)
class Saga:
    """Where one saga is. ``step`` is the next to run or, going back, to undo.

    ``attempts`` counts the failures of that step, ``error`` tells the last
    problem. ``version`` is the store's business.
    """

    id: UUID
    name: str
    data: Mapping[str, Any]
    status: SagaStatus = SagaStatus.RUNNING
    step: int = 0
    attempts: int = 0
    error: str | None = None
    version: int = 0

    @property
    def has_ended(self) -> bool:
        return self.status in {SagaStatus.COMPLETED, SagaStatus.COMPENSATED}

    def key(self, step: Step) -> str:
        """The same in every attempt, in every process."""
        return f"{self.id}:{step.name}"

    def succeeded(self, definition: SagaDefinition) -> None:
        """The step was run, or undone."""
        if self.status is SagaStatus.COMPENSATING:
            self._turn_to(self.step - 1)
            return
        self.step, self.attempts = self.step + 1, 0
        if self.step == len(definition.steps):
            self.status = SagaStatus.COMPLETED

    def failed(
        self, error: Exception, definition: SagaDefinition, give_up_after: int
    ) -> None:
        """The step was refused, or nobody knows whether it had its effect.

        A refusal in an ExceptionGroup is none: the rest of the group may have
        had an effect.
        """
        self.error = error_text(error)
        self.attempts += 1
        pivot = len(definition.undoable)
        if self.status is SagaStatus.COMPENSATING or self.step > pivot:
            return  # to be repeated until it holds
        if isinstance(error, RefusedError):
            self._turn_to(self.step - 1)
        elif self.step < pivot and self.attempts >= give_up_after:
            self._turn_to(self.step)

    def _turn_to(self, step: int) -> None:
        """Go on with undoing ``step``."""
        self.step, self.attempts = step, 0
        self.status = (
            SagaStatus.COMPENSATED if step < 0 else SagaStatus.COMPENSATING
        )
