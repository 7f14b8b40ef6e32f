"""Takes orders and tells of them."""

from shop_events import ORDER_PLACED

PUBLISHES = (ORDER_PLACED,)
