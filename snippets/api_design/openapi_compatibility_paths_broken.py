"""Broken: looks whether every operation is still there, and no further."""

from collections.abc import Mapping
from typing import Any


def breaking_changes(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> list[str]:
    return [
        f"{method.upper()} {path}: is gone"
        for path, item in old["paths"].items()
        for method in item
        if method not in new["paths"].get(path, {})
    ]
