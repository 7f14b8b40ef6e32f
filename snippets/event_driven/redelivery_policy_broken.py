"""Broken: five deliveries in fifteen seconds, which no restart waits for."""

from .redelivery_policy import RedeliveryPolicy


def policy() -> RedeliveryPolicy:
    return RedeliveryPolicy(max_deliveries=5, first_delay=1.0)
