"""A new order: what may be ordered, within what the tables hold.

The order itself is the aggregate of Domain-driven design. It knows no tables;
what it would accept and they would not is refused here.
"""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from ..code_style.errors import DomainError
from ..code_style.storable_text import is_storable
from ..domain_driven_design.order import Order
from ..domain_driven_design.order_line import OrderLine

LIMIT = Decimal(10) ** 10  # of a price: ten lines of MAX_UNITS are money yet
MAX_UNITS = 10_000  # of one article


class InvalidOrderError(DomainError):
    """An order that may not exist, not even for a moment."""

    code = "invalid-order"


def place(
    customer_id: UUID, lines: Sequence[OrderLine], voucher: str | None = None
) -> Order:
    """A confirmed order in the currency of its first line.

    Raises:
        InvalidOrderError: no line, or a value that no table holds.
        OrderRuleError: the order refuses one of the lines.
    """
    if not lines:
        raise InvalidOrderError("An order has at least one line")
    if voucher is not None and not is_text(voucher):
        raise InvalidOrderError("A voucher is a text without NUL")
    currency = lines[0].unit_price.currency
    order = Order(customer_id=customer_id, currency=currency, voucher=voucher)
    for line in lines:
        _require_storable(line)
        order.add_line(line)
    order.confirm()
    return order


def _require_storable(line: OrderLine) -> None:
    if not is_quantity(line.quantity):
        raise InvalidOrderError(f"A line has 1 to {MAX_UNITS} units")
    if line.unit_price.amount >= LIMIT:
        raise InvalidOrderError(f"A price is below {LIMIT}")


def is_quantity(units: int) -> bool:
    """Whether it is a whole number from 1 to MAX_UNITS."""
    return type(units) is int and 1 <= units <= MAX_UNITS


def is_text(text: str) -> bool:
    """Whether it is more than nothing, and PostgreSQL can store it."""
    return text != "" and is_storable(text)
