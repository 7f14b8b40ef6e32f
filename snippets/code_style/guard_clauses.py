"""Guard clauses: refuse first, one line of thought each, then do the work."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from .errors import BusinessRuleError

NO_TIME = timedelta(0)
RETURN_WINDOW = timedelta(days=30)
OPENED_FEE = Decimal("5.00")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a customer received, and when."""

    total: Decimal
    delivered_on: date
    is_opened: bool = False
    is_returnable: bool = True


def refund_for(delivery: Delivery, returned_on: date) -> Decimal:
    """What the customer gets back.

    Raises:
        BusinessRuleError: the goods or the date exclude a return.
    """
    if not delivery.is_returnable:
        raise BusinessRuleError("These goods cannot be returned")
    if not NO_TIME <= returned_on - delivery.delivered_on <= RETURN_WINDOW:
        raise BusinessRuleError("Returns end 30 days after delivery")
    if delivery.is_opened:
        return max(delivery.total - OPENED_FEE, Decimal(0))
    return delivery.total
