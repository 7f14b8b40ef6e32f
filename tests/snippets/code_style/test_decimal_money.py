"""Decimal money: no cent is lost, and each rounding has a place."""

import json
from contextlib import suppress
from decimal import ROUND_HALF_UP, Decimal, getcontext

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from snippets.code_style import (
    decimal_money,
    decimal_money_broken,
    decimal_money_nan_broken,
)
from snippets.code_style.decimal_money import (
    CENT,
    LIMIT,
    amount,
    in_cents,
    with_tax,
)
from tests.support.twins import fix_and_twin

both = pytest.mark.parametrize("module", [decimal_money, decimal_money_broken])


def either(reason):
    return fix_and_twin("module", decimal_money, decimal_money_broken, reason)


@either("A price of 19.99 is charged as 19.98")
def test_the_card_is_charged_to_the_cent(module):
    assert module.in_cents(module.amount("19.99")) == 1999


@either("Paid in two parts of 0.10 and 0.20, an order of 0.30 stays open")
def test_parts_add_up_to_the_whole(module):
    paid = module.amount("0.10") + module.amount("0.20")
    assert paid == module.amount("0.30")


@fix_and_twin(
    "module",
    decimal_money,
    decimal_money_nan_broken,
    "One payment of NaN, and the day's total is NaN",
)
def test_a_line_that_is_no_amount_does_not_count(module):
    total = Decimal(0)
    for text in ["10.00", "ten", "NaN", "5.00"]:
        with suppress(ValueError):
            total += module.amount(text)
    assert total == 15


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
    "text",
    [
        *["ten", "9.999", "", "--1", "9,99", "1.000,00", "0x10", "9" * 10**5],
        *["NaN", "-NaN", "sNaN", "Infinity", "-Infinity", "1E+30", "1e-400"],
        *["1e1", "1E-2", "+1", ".5", "5.", "1_000.00"],
        *[" 1", "1 ", "1\n", "\u00a01", "\u22121"],
        *["\u0663.\u0665", "\uff11.00", "\u06f1"],  # digits, not ASCII's
        str(LIMIT),
    ],
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="is not an amount") as refusal:
        amount(text)
    assert len(str(refusal.value)) < 100


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", "1.00"), ("007.5", "7.50"), ("1.000", "1.00"), ("-0.00", "0.00")],
)
def test_one_amount_is_written_in_one_way(text, value):
    assert str(amount(text)) == value


@pytest.mark.parametrize(
    "value",
    [
        *["19.995", "19.99" + "0" * 26 + "5", "1E-400"],
        *["NaN", "sNaN", "Infinity", "-Infinity", "1E+30", "1E+999999"],
        *["1E+26", str(LIMIT), str(-LIMIT)],
    ],
)
def test_a_fraction_of_a_cent_is_not_charged(value):
    with pytest.raises(ValueError, match="not in whole cents"):
        in_cents(Decimal(value))


def test_the_largest_amount_is_charged_to_the_cent():
    assert in_cents(LIMIT - CENT) == 10**17 - 1
    assert in_cents(Decimal("-0")) == 0


@pytest.mark.parametrize(
    "value", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+30", "1E+999999"]
)
def test_no_tax_is_added_to_what_is_no_amount(value):
    for net, rate in [(value, "0.19"), ("1.00", value)]:
        with pytest.raises(ValueError, match="is not below"):
            with_tax([Decimal(net)], Decimal(rate))


def test_the_tax_of_less_than_half_a_cent_is_no_minus_zero():
    assert str(with_tax([Decimal("-0.001")], Decimal("0.19"))) == "0.00"


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


@pytest.mark.parametrize(
    ("net", "rate"),
    [
        ([LIMIT - CENT] * 2, "0"),
        ([LIMIT - CENT], "0.19"),
        ([LIMIT - CENT], "999999999999999"),
        ([LIMIT - CENT, CENT / 2], "0"),  # rounded up to the limit
    ],
)
def test_a_sum_beyond_the_limit_is_no_amount(net, rate):
    with pytest.raises(ValueError, match="is not below"):
        with_tax(net, Decimal(rate))
