"""Full jitter: delays that grow, and never come in step."""

import random
from collections.abc import Callable
from datetime import timedelta

SECOND = timedelta(seconds=1)
TEN_MINUTES = timedelta(minutes=10)


def full_jitter(
    attempt: int,
    base: timedelta = SECOND,
    cap: timedelta = TEN_MINUTES,
    rand: Callable[[], float] = random.random,
) -> timedelta:
    """Between zero and ``base`` doubled for each attempt before this one.

    ``attempt`` counts from 1. Never more than ``cap``. From Brooker,
    "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    doublings = min(attempt - 1, 32)  # beyond any cap, within a timedelta
    return min(cap, base * 2.0**doublings) * rand()
