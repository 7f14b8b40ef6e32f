"""Specifications: memory and PostgreSQL agree, whatever is combined."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from snippets.architecture_patterns import (
    specification,
    specification_null_broken,
)
from snippets.architecture_patterns.order import Order, OrderLine
from snippets.architecture_patterns.postgres_order_repository import to_row
from snippets.architecture_patterns.specification import (
    PlacedBy,
    TotalAtLeast,
    UsesVoucher,
)
from snippets.architecture_patterns.tables import Base, OrderRow

CUSTOMERS = [UUID(int=1), UUID(int=2)]
VOUCHERS = ["WELCOME10", "TEA"]
customers = st.sampled_from(CUSTOMERS)
amounts = st.decimals(0, 40, places=2)
lines = st.builds(
    OrderLine, st.just("TEA-1"), st.integers(1, 3), st.decimals(0, 9, places=2)
)
orders = st.builds(
    Order,
    customer_id=customers,
    lines=st.lists(lines, min_size=1, max_size=3).map(tuple),
    voucher=st.sampled_from([None, *VOUCHERS]),
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


@pytest.fixture
def filtered(postgres_url):
    """Store orders, return the ids of those that PostgreSQL finds."""
    engine = create_engine(postgres_url)
    Base.metadata.create_all(engine)

    def find(stored, condition):
        with Session(engine) as session:
            session.add_all(map(to_row, stored))
            found = session.scalars(
                select(OrderRow.id).where(condition.to_sql())
            )
            return set(found)

    yield find
    engine.dispose()


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
    return Order(
        customer_id=CUSTOMERS[0],
        lines=(OrderLine("TEA-1", 1, Decimal(price)),),
        voucher=voucher,
    )


@pytest.mark.parametrize(
    "module",
    [
        pytest.param(specification, id="fix"),
        pytest.param(
            specification_null_broken,
            id="broken",
            marks=pytest.mark.xfail(
                strict=True,
                raises=AssertionError,
                reason="The mailing to customers who used no WELCOME10 "
                "leaves out everyone who used no voucher at all.",
            ),
        ),
    ],
)
def test_an_order_without_a_voucher_does_not_use_this_one(filtered, module):
    without, other = an_order(), an_order("TEA")
    condition = ~module.UsesVoucher("WELCOME10")
    assert condition.is_met_by(without)

    found = filtered([without, other, an_order("WELCOME10")], condition)

    assert found == {without.id, other.id}


def test_conditions_read_like_a_sentence():
    large_without_voucher = TotalAtLeast(Decimal(10)) & ~UsesVoucher("TEA")

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
