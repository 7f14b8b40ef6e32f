"""The published events; fields are added to them and never removed."""

ORDER_PLACED = "order.placed"
