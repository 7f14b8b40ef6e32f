"""Broken: most decimal fractions have no float."""

from collections.abc import Iterable


def amount(text: str) -> float:
    return float(text)


def in_cents(value: float) -> int:
    return int(value * 100)


def with_tax(net: Iterable[float], rate: float) -> float:
    return round(sum(net) * (1 + rate), 2)
