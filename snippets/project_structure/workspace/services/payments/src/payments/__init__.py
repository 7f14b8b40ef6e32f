"""Charges for orders that it hears of."""

from shop_events import ORDER_PLACED

LISTENS_TO = (ORDER_PLACED,)
