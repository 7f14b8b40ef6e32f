"""Decimal money: no cent is lost, and each rounding has a place."""

import json
from decimal import ROUND_HALF_UP, Decimal, getcontext

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from snippets.code_style import decimal_money, decimal_money_broken
from snippets.code_style.decimal_money import amount, in_cents, with_tax

both = pytest.mark.parametrize("module", [decimal_money, decimal_money_broken])


def fix_and_twin(reason):
    return pytest.mark.parametrize(
        "module",
        [
            pytest.param(decimal_money, id="fix"),
            pytest.param(
                decimal_money_broken,
                id="broken",
                marks=pytest.mark.xfail(
                    strict=True, raises=AssertionError, reason=reason
                ),
            ),
        ],
    )


@fix_and_twin("A price of 19.99 is charged as 19.98")
def test_the_card_is_charged_to_the_cent(module):
    assert module.in_cents(module.amount("19.99")) == 1999


@fix_and_twin("Paid in two parts of 0.10 and 0.20, an order of 0.30 stays open")
def test_parts_add_up_to_the_whole(module):
    paid = module.amount("0.10") + module.amount("0.20")
    assert paid == module.amount("0.30")


@both
def test_tax_is_added_to_the_sum(module):
    net = [module.amount("10.00"), module.amount("5.00")]
    rate = module.amount("0.20")
    assert module.with_tax(net, rate) == 18


@given(st.integers(-(10**12), 10**12))
def test_cents_survive_the_round_trip(cents):
    assert in_cents(amount(f"{Decimal(cents) / 100:f}")) == cents


def test_half_a_cent_is_rounded_up_once_at_the_end():
    assert with_tax([Decimal("0.50")], Decimal("0.19")) == Decimal("0.60")
    three = [Decimal("0.33")] * 3
    assert with_tax(three, Decimal("0.19")) == Decimal("1.18")
    each = sum(with_tax([net], Decimal("0.19")) for net in three)
    assert each == Decimal("1.17")


@pytest.mark.parametrize(
    "text", ["ten", "9.999", "NaN", "sNaN", "Infinity", "1e30", ""]
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="is not an amount"):
        amount(text)


@pytest.mark.parametrize("value", ["19.995", "19.99" + "0" * 26 + "5", "NaN"])
def test_a_fraction_of_a_cent_is_not_charged(value):
    with pytest.raises(ValueError, match="not in whole cents"):
        in_cents(Decimal(value))


def test_quantize_by_default_rounds_half_to_even():
    assert Decimal("0.125").quantize(Decimal("0.01")) == Decimal("0.12")
    half_up = Decimal("0.125").quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert half_up == Decimal("0.13")


def test_a_decimal_made_from_a_float_keeps_the_float_error():
    assert Decimal(19.99) != Decimal("19.99")  # noqa: RUF032 - on purpose


def test_decimal_and_float_do_not_add_and_do_compare():
    with pytest.raises(TypeError, match="unsupported operand"):
        Decimal("0.1") + 0.1
    assert Decimal("0.5") == 0.5


def test_json_can_be_read_without_floats():
    read = json.loads('{"price": 19.99}', parse_float=Decimal)
    assert read == {"price": Decimal("19.99")}


def test_the_default_precision_is_28_digits():
    assert getcontext().prec == 28


async def test_numeric_comes_from_postgresql_as_decimal(postgres_url):
    connection = await asyncpg.connect(postgres_url)
    try:
        price = await connection.fetchval("select 19.90::numeric(12, 2)")
    finally:
        await connection.close()
    assert str(price) == "19.90"
    assert type(price) is Decimal


def test_pydantic_writes_a_decimal_as_a_json_string():
    class Price(BaseModel):
        value: Decimal

    assert Price(value=Decimal("19.90")).model_dump_json() == (
        '{"value":"19.90"}'
    )
