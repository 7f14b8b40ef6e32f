"""Order line: what one line can know by itself."""

from dataclasses import FrozenInstanceError
from decimal import Decimal

import pytest

from snippets.domain_driven_design.money import Money
from snippets.domain_driven_design.order_line import OrderLine
from tests.support.databases import UNSTORABLE


def test_the_total_is_price_times_quantity():
    line = OrderLine("MUG", 3, Money.of("9.90", "EUR"))
    assert line.total == Money.of("29.70", "EUR")


def test_a_free_line_is_allowed():
    gift = OrderLine("STICKER", 1, Money.of(0, "EUR"))
    assert gift.total == Money.of(0, "EUR")


@pytest.mark.parametrize("quantity", [0, -1, -(10**30)])
def test_a_line_has_at_least_one_piece(quantity):
    with pytest.raises(ValueError, match="at least one piece"):
        OrderLine("MUG", quantity, Money.of("9.90", "EUR"))


@pytest.mark.parametrize(
    "quantity", [1.5, 2.0, float("nan"), float("inf"), Decimal(1), True, "1"]
)
def test_pieces_are_whole(quantity):
    with pytest.raises(TypeError, match="Not a whole number"):
        OrderLine("MUG", quantity, Money.of("9.90", "EUR"))


def test_a_total_is_no_more_than_money_can_hold():
    with pytest.raises(ValueError, match="Not below"):
        OrderLine("MUG", 10**30, Money.of("9.90", "EUR"))


def test_a_line_cannot_be_edited_behind_its_order():
    with pytest.raises(FrozenInstanceError):
        OrderLine("MUG", 1, Money.of("9.90", "EUR")).quantity = 100


def test_a_price_is_not_negative():
    with pytest.raises(ValueError, match=r"not negative: -0\.01 EUR"):
        OrderLine("MUG", 1, Money.of("-0.01", "EUR"))


@pytest.mark.parametrize("sku", ["", *UNSTORABLE])
def test_a_line_names_an_article(sku):
    with pytest.raises(ValueError, match="Not an article"):
        OrderLine(sku, 1, Money.of("9.90", "EUR"))
