"""A request with an idempotency key, and the rule: one key, one effect.

Framework and database are behind the port `Answers`, so that a use case may
ask it as well as a route.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ..code_style.errors import ConflictError, DomainError


class RequestInFlightError(ConflictError):
    """The first request with this key has not ended: ask again later."""

    code = "request-in-flight"


class KeyReusedError(DomainError):
    """The key came with another request before."""

    code = "idempotency-key-reused"


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """Whose it is, what it does ("POST /orders"), its key, a hash of the rest.

    The same key of another caller, or for another operation, is another key.
    """

    caller: str
    operation: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response, whole; ``replayed`` if it was given before."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    replayed: bool = False


class Answers(Protocol):
    """The answers so far, in the transaction of the effect."""

    async def find(self, request: KeyedRequest) -> Answer | None:
        """None: the request is yours to answer, and nobody else's until the
        transaction ends.

        Raises:
            RequestInFlightError: somebody else is answering it.
            KeyReusedError: the key is another request's.
        """
        ...

    async def add(self, request: KeyedRequest, answer: Answer) -> None:
        """Keep it, if the transaction commits."""
        ...


async def once(
    answers: Answers,
    request: KeyedRequest,
    effect: Callable[[], Awaitable[Answer]],
) -> Answer:
    """The answer of ``effect``, now or then. Raises what `Answers.find` does.

    ``effect`` works in the transaction of ``answers`` and does not commit. If
    it raises, nothing is kept, and a repeated request runs it anew.
    """
    answer = await answers.find(request)
    if answer is None:
        answer = await effect()
        await answers.add(request, answer)
    return answer
