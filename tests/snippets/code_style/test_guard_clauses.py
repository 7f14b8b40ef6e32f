"""Guard clauses: what may not be returned is refused, not forgotten."""

from datetime import date
from decimal import Decimal

import pytest

from snippets.code_style import guard_clauses, guard_clauses_broken
from snippets.code_style.errors import BusinessRuleError
from snippets.code_style.guard_clauses import Delivery
from tests.support.twins import fix_and_twin

IN_TIME, TOO_LATE = date(2026, 3, 31), date(2026, 4, 1)
both = pytest.mark.parametrize("module", [guard_clauses, guard_clauses_broken])


def delivered(**changes):
    return Delivery(Decimal("20.00"), date(2026, 3, 1), **changes)


@fix_and_twin(
    "module",
    guard_clauses,
    guard_clauses_broken,
    "A return that comes too late is accepted, with a refund of None",
    raises=pytest.fail.Exception,
)
def test_a_return_after_the_window_is_refused(module):
    with pytest.raises(BusinessRuleError, match="30 days"):
        module.refund_for(delivered(), TOO_LATE)


@pytest.mark.parametrize("returned_on", [date(2026, 2, 28), date.max, date.min])
def test_a_return_on_an_impossible_day_is_refused(returned_on):
    with pytest.raises(BusinessRuleError, match="30 days"):
        guard_clauses.refund_for(delivered(), returned_on)


def test_the_last_of_all_days_has_a_window_too():
    last = Delivery(Decimal("20.00"), date.max)
    assert guard_clauses.refund_for(last, date.max) == Decimal("20.00")


@both
def test_an_unopened_return_is_paid_in_full(module):
    assert module.refund_for(delivered(), IN_TIME) == Decimal("20.00")


@both
def test_an_opened_return_costs_a_fee(module):
    refund = module.refund_for(delivered(is_opened=True), IN_TIME)
    assert refund == Decimal("15.00")


def test_a_fee_is_never_more_than_was_paid():
    opened = Delivery(Decimal("2.00"), date(2026, 3, 1), is_opened=True)
    assert guard_clauses.refund_for(opened, IN_TIME) == Decimal(0)


@both
def test_some_goods_are_never_returned(module):
    with pytest.raises(BusinessRuleError, match="cannot be returned"):
        module.refund_for(delivered(is_returnable=False), IN_TIME)
