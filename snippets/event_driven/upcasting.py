"""Upcasting: old events become current ones before a handler sees them.

Streams, outboxes and dead letters hold events for as long as they like, so a
consumer meets every version ever published. One step turns version n into
n + 1; handlers know the current version only.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from .event_envelope import EventEnvelope

Step = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class UnreadableVersionError(Exception):
    """No chain of steps leads from the event's version to the current one."""


class Upcasters:
    """``steps[type][n]`` turns ``data`` of version n into version n + 1.

    A type's current version is one above its highest step, 1 without steps.

    Raises:
        ValueError: a version between the oldest and the current has no step.
    """

    def __init__(self, steps: Mapping[str, Mapping[int, Step]]) -> None:
        for event_type, by_version in steps.items():
            missing = set(
                range(min(by_version, default=0), max(by_version, default=0))
            )
            if missing := missing - by_version.keys():
                raise ValueError(f"{event_type}: no step from {missing}")
        self._steps = steps

    def current_version(self, event_type: str) -> int:
        """The version that handlers of this type receive."""
        return max(self._steps.get(event_type, {}), default=0) + 1

    def upcast(self, event: EventEnvelope) -> EventEnvelope:
        """Return the event at its type's current version.

        Raises:
            UnreadableVersionError: the version is newer than this program, or
                older than its oldest step.
        """
        current = self.current_version(event.type)
        if event.version > current:
            raise UnreadableVersionError(
                f"{event.type} has version {event.version}; this program "
                f"knows versions up to {current}: deploy consumers first"
            )
        data = event.data
        for version in range(event.version, current):
            step = self._steps[event.type].get(version)
            if step is None:
                raise UnreadableVersionError(
                    f"{event.type} version {version} is no longer supported"
                )
            data = step(deepcopy(dict(data)))  # it may edit what it gets
        return replace(event, data=data, version=current)
