"""Typed at every public border: exact about what goes out, open about what
comes in.
"""

from collections.abc import Callable, Hashable, Iterable
from decimal import Decimal
from typing import TypeVar

Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)


def line_total(unit_price: Decimal, quantity: int) -> Decimal:
    """The price of `quantity` units."""
    return unit_price * quantity


def grouped(
    items: Iterable[Item], key: Callable[[Item], Key]
) -> dict[Key, list[Item]]:
    """Items by key, each group in the order of `items`."""
    groups: dict[Key, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups
