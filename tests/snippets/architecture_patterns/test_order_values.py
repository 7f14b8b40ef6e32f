"""Values of an order: their bounds, and that the tables hold what is within."""

from decimal import Decimal

import pytest

from snippets.architecture_patterns.order_values import (
    LIMIT,
    MAX_UNITS,
    is_price,
    is_quantity,
    is_text,
)


@pytest.mark.parametrize(
    "amount", ["0", "-0", "0.01", "4.9", "4.90", "4.900", "9999999999.99"]
)
def test_a_price(amount):
    assert is_price(Decimal(amount))


@pytest.mark.parametrize(
    "amount", ["-0.01", "0.001", "4.905", "1E+10", "NaN", "sNaN", "Infinity"]
)
def test_no_price(amount):
    assert not is_price(Decimal(amount))
    assert Decimal("1E+10") == LIMIT


@pytest.mark.parametrize("units", [1, 99, MAX_UNITS])
def test_a_quantity(units):
    assert is_quantity(units)


@pytest.mark.parametrize(
    "units", [0, -1, MAX_UNITS + 1, 2**31, 1.0, True, float("nan"), "1", None]
)
def test_no_quantity(units):
    assert not is_quantity(units)


@pytest.mark.parametrize("text", ["TEA-1", " ", "thé", "👍", "\x01", "\n"])
def test_a_text(text):
    assert is_text(text)


@pytest.mark.parametrize("text", ["", "\0", "TEA\0", "\ud800", "\udfff!"])
def test_no_text(text):
    assert not is_text(text)
