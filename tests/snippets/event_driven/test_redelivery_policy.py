"""Redelivery policy: delays double up to the timeout; one is too many."""

import pytest

from snippets.event_driven import redelivery_policy_broken
from snippets.event_driven.redelivery_policy import RedeliveryPolicy
from tests.support.twins import fix_and_twin

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


def outcome(policy, away):
    """What becomes of an event while its database is away for some seconds."""
    now, delivery = 0.0, 1
    while now < away and not policy.is_exceeded_by(delivery):
        now += policy.delay_after(delivery)
        delivery += 1
    return "dead" if policy.is_exceeded_by(delivery) else "handled"


either = fix_and_twin(
    "policy",
    RedeliveryPolicy,
    redelivery_policy_broken.policy,
    "PostgreSQL restarts for 25 seconds, and every event "
    "that waits is a dead letter.",
)


@either
def test_an_event_outlasts_a_restart_of_its_database(policy):
    assert outcome(policy(), away=25) == "handled"


@pytest.mark.parametrize(
    "policy", [RedeliveryPolicy, redelivery_policy_broken.policy]
)
def test_either_outlasts_a_hiccup(policy):
    assert outcome(policy(), away=10) == "handled"


def test_ten_minutes_and_no_more():
    assert outcome(RedeliveryPolicy(), away=600) == "handled"
    assert outcome(RedeliveryPolicy(), away=660) == "dead"


def test_the_delay_after_very_many_deliveries_is_a_number():
    assert RedeliveryPolicy().delay_after(10**9) == 60


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_deliveries": 0},
        {"first_delay": 0},
        {"first_delay": -1},
        {"timeout": 0},
        {"first_delay": 61},
        {"first_delay": float("nan")},
    ],
)
def test_a_policy_that_says_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match="max_deliveries"):
        RedeliveryPolicy(**wrong)
