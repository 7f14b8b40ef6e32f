"""Full jitter: growing, capped, and anywhere below."""

from datetime import timedelta

import pytest

from snippets.event_driven.full_jitter import full_jitter

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("attempt", "longest"),
    [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (10**6, 60)],
)
def test_the_longest_delay_doubles_up_to_the_cap(attempt, longest):
    delay = full_jitter(attempt, SECOND, MINUTE, lambda: 1.0)
    assert delay == longest * SECOND


def test_the_delay_is_spread_down_to_zero():
    spread = [
        full_jitter(3, SECOND, MINUTE, lambda share=share: share)
        for share in (0.0, 0.25, 0.5)
    ]
    assert spread == [0 * SECOND, 1 * SECOND, 2 * SECOND]


def test_by_default_it_is_random():
    assert len({full_jitter(10) for _ in range(10)}) > 1
