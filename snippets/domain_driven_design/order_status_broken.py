"""Broken: the table of all steps is made of sets that anyone can shrink."""

from .order_status import OrderStatus

NEXT = {
    OrderStatus.PENDING: {OrderStatus.CONFIRMED, OrderStatus.CANCELLED},
    OrderStatus.CONFIRMED: {OrderStatus.PAID, OrderStatus.CANCELLED},
    OrderStatus.PAID: {OrderStatus.SHIPPED, OrderStatus.CANCELLED},
    OrderStatus.SHIPPED: set[OrderStatus](),
    OrderStatus.CANCELLED: set[OrderStatus](),
}
