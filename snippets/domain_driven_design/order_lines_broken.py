"""Broken: guards its methods and hands out the list that they guard."""

from dataclasses import dataclass, field
from uuid import UUID

from .entity import Entity
from .order import MAX_LINES, OrderRuleError
from .order_line import OrderLine
from .order_status import OrderStatus


@dataclass(kw_only=True)
class Order(Entity):
    customer_id: UUID
    currency: str
    status: OrderStatus = OrderStatus.PENDING
    lines: list[OrderLine] = field(default_factory=list)

    def add_line(self, line: OrderLine) -> None:
        if self.status is not OrderStatus.PENDING:
            raise OrderRuleError(f"The order is {self.status}: too late")
        if len(self.lines) >= MAX_LINES:
            raise OrderRuleError(f"An order has at most {MAX_LINES} lines")
        self.lines.append(line)

    def confirm(self) -> None:
        if not self.lines:
            raise OrderRuleError("An empty order cannot be confirmed")
        self.status = OrderStatus.CONFIRMED
