"""Specifications: memory and PostgreSQL agree, whatever is combined."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippets.architecture_patterns import (
    order_specifications,
    specification_null_broken,
)
from snippets.architecture_patterns.new_order import LIMIT, MAX_UNITS, place
from snippets.architecture_patterns.order_specifications import (
    PlacedBy,
    TotalAtLeast,
    UsesVoucher,
)
from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order_line import OrderLine
from tests.support.twins import fix_and_twin

CUSTOMERS = [UUID(int=1), UUID(int=2)]
VOUCHERS = ["WELCOME10", "TEA", "tea", "TEA ", "%", "thé", "the\u0301", "👍"]
customers = st.sampled_from(CUSTOMERS)
euros = st.decimals(0, 9, places=2) | st.just(LIMIT - Decimal("0.01"))
prices = euros.map(lambda amount: Money(amount, "EUR")) | st.integers(0, 9).map(
    lambda yen: Money.of(yen, "JPY")
)
amounts = (
    st.sampled_from(["EUR", "JPY", "KWD"]).flatmap(
        lambda currency: st.decimals(-1, 40, places=0).map(
            lambda amount: Money(amount, currency)
        )
    )
    | prices
)
quantities = st.integers(1, 3) | st.just(MAX_UNITS)
lines = st.builds(OrderLine, st.just("TEA-1"), quantities, prices)
orders = st.builds(
    lambda customer, line, voucher: place(customer, [line], voucher),
    customers,
    lines,
    st.sampled_from([None, *VOUCHERS]),
)
conditions = st.recursive(
    st.builds(PlacedBy, customers)
    | st.builds(UsesVoucher, st.sampled_from(VOUCHERS))
    | st.builds(TotalAtLeast, amounts),
    lambda inner: (
        st.builds(lambda a, b: a & b, inner, inner)
        | st.builds(lambda a, b: a | b, inner, inner)
        | inner.map(lambda a: ~a)
    ),
    max_leaves=6,
)


def in_memory(stored, condition):
    return {order.id for order in stored if condition.is_met_by(order)}


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(stored=st.lists(orders, max_size=6), condition=conditions)
def test_memory_and_postgresql_find_the_same_orders(
    filtered, stored, condition
):
    assert filtered(stored, condition) == in_memory(stored, condition)


def an_order(voucher=None, price="10.00"):
    line = OrderLine("TEA-1", 1, Money.of(price, "EUR"))
    return place(CUSTOMERS[0], [line], voucher)


@fix_and_twin(
    "module",
    order_specifications,
    specification_null_broken,
    "The mailing to customers who used no WELCOME10 "
    "leaves out everyone who used no voucher at all.",
)
def test_an_order_without_a_voucher_does_not_use_this_one(filtered, module):
    without, other = an_order(), an_order("TEA")
    condition = ~module.UsesVoucher("WELCOME10")
    assert condition.is_met_by(without)

    found = filtered([without, other, an_order("WELCOME10")], condition)

    assert found == {without.id, other.id}


def test_conditions_read_like_a_sentence():
    large_without_voucher = TotalAtLeast(Money.of(10, "EUR")) & ~UsesVoucher(
        "TEA"
    )

    assert large_without_voucher.is_met_by(an_order())
    assert not large_without_voucher.is_met_by(an_order("TEA"))
    assert not large_without_voucher.is_met_by(an_order(price="9.99"))


@pytest.mark.parametrize(
    "combine",
    [lambda a, b: a and b, lambda a, b: a or b, lambda a, _: not a],
    ids=["and", "or", "not"],
)
def test_a_word_of_python_that_would_drop_a_condition_is_refused(combine):
    with pytest.raises(TypeError, match="&"):
        combine(PlacedBy(CUSTOMERS[0]), UsesVoucher("TEA"))
