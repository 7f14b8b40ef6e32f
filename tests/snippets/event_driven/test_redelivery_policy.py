"""Redelivery policy: delays double up to the timeout; one is too many."""

from snippets.event_driven.redelivery_policy import RedeliveryPolicy

POLICY = RedeliveryPolicy(max_deliveries=3, first_delay=2, timeout=10)


def test_each_delay_is_twice_the_one_before_and_ten_at_most():
    assert [POLICY.delay_after(n) for n in (1, 2, 3, 4, 99)] == [
        2,
        4,
        8,
        10,
        10,
    ]


def test_the_delivery_after_the_last_is_one_too_many():
    assert [POLICY.is_exceeded_by(n) for n in (1, 3, 4)] == [
        False,
        False,
        True,
    ]
