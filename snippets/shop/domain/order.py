"""Placing and cancelling an order, in the shop's families of errors.

The order itself is the aggregate of Domain-driven design, as it is: it has
money, statuses and rules. The one in Architecture patterns is only as large
as its ports need. What the aggregate refuses is told here in the two families
that the presentation layer maps to HTTP.
"""

from collections.abc import Sequence
from uuid import UUID

from snippets.architecture_patterns.new_order import (
    MAX_UNITS,
    is_quantity,
    is_text,
)
from snippets.code_style.errors import ConflictError, DomainError
from snippets.domain_driven_design.order import Order, OrderRuleError
from snippets.domain_driven_design.order_line import OrderLine
from snippets.domain_driven_design.order_status import OrderStatus


class InvalidOrderError(DomainError):
    """An order that the shop does not accept."""

    code = "invalid-order"


class InvalidReasonError(DomainError):
    """A reason that says nothing, or that no table takes."""

    code = "invalid-reason"


class OrderNotCancellableError(ConflictError):
    """Too early, while it is being paid for, or too late."""

    code = "order-not-cancellable"


def place(customer_id: UUID, lines: Sequence[OrderLine]) -> Order:
    """A pending order in the currency of its first line.

    Raises:
        InvalidOrderError: no line, too many, too many pieces, one article
            twice, or prices in two currencies.
    """
    if not lines:
        raise InvalidOrderError("An order has at least one line")
    for line in lines:
        require_quantity(line.quantity)
    currency = lines[0].unit_price.currency
    order = Order(customer_id=customer_id, currency=currency)
    try:
        for line in lines:
            order.add_line(line)
    except OrderRuleError as error:
        raise InvalidOrderError(str(error)) from error
    return order


def require_quantity(pieces: int) -> None:
    """Raises InvalidOrderError: not so many of one article."""
    if not is_quantity(pieces):
        raise InvalidOrderError(f"An article comes in 1 to {MAX_UNITS} pieces")


def cancel(order: Order, reason: str) -> None:
    """Cancel ``order`` for its customer.

    Pending is a semantic lock: the order belongs to the saga that has it paid.

    Raises:
        InvalidReasonError: it is blank, or holds what is no character.
        OrderNotCancellableError: its status does not allow it.
    """
    if not is_text(reason.strip()):
        raise InvalidReasonError("A reason is a text, and not blank")
    if order.status is OrderStatus.PENDING:
        raise OrderNotCancellableError("The order is being paid for: wait")
    try:
        order.cancel(reason)
    except OrderRuleError as error:
        raise OrderNotCancellableError(str(error)) from error
