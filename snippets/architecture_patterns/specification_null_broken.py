"""Broken: compares a nullable column with `=`, whose opposite is not `~`."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement

from ..domain_driven_design.order import Order
from .specification import Specification
from .tables import OrderRow


@dataclass(frozen=True)
class UsesVoucher(Specification):
    voucher: str

    def is_met_by(self, order: Order) -> bool:
        return order.voucher == self.voucher

    def to_sql(self) -> ColumnElement[bool]:
        return OrderRow.voucher == self.voucher
