"""Broken: a snapshot test. Every change is red, so it is renewed unread."""

from collections.abc import Mapping
from typing import Any


def breaking_changes(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> list[str]:
    return [] if new == old else ["The document is not the one of before"]
