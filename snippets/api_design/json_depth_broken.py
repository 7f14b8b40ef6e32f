"""Broken: takes any JSON that Python can parse, and cannot write it again."""

from typing import Any

from .field_types import RequestModel


class Preferences(RequestModel):
    values: dict[str, Any]
