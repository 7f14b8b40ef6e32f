"""Broken: four levels deep, and one of them has no else."""

from datetime import date
from decimal import Decimal

from .errors import BusinessRuleError
from .guard_clauses import OPENED_FEE, RETURN_WINDOW, Delivery


def refund_for(delivery: Delivery, returned_on: date) -> Decimal:
    if delivery.is_returnable:
        if returned_on <= delivery.delivered_on + RETURN_WINDOW:
            if not delivery.is_opened:
                return delivery.total
            else:
                return max(delivery.total - OPENED_FEE, Decimal(0))
    else:
        raise BusinessRuleError("These goods cannot be returned")
