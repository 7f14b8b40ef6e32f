"""Immutability: a quote stays as shown, a basket as lent."""

from dataclasses import FrozenInstanceError
from decimal import Decimal

import pytest

from snippets.code_style import immutability, immutability_broken
from snippets.code_style.immutability import BasketLine, Offer, repriced
from tests.support.twins import fix_and_twin

TEA = BasketLine("TEA", 2, Decimal("4.00"))
SHIPPING = Decimal("3.90")
both = pytest.mark.parametrize("module", [immutability, immutability_broken])


def either(reason):
    return fix_and_twin("module", immutability, immutability_broken, reason)


@either("Each look at the offer adds shipping to the basket once more")
def test_asking_twice_gives_the_same_quote(module):
    basket = [TEA]
    module.offer(basket, SHIPPING)

    assert module.offer(basket, SHIPPING).total == Decimal("11.90")


@either("The customer empties the basket and the offer is empty too")
def test_a_quote_outlives_the_basket(module):
    basket = [TEA]
    shown = module.offer(basket, SHIPPING)
    basket.clear()

    assert shown.total == Decimal("11.90")


@both
def test_a_quote_is_the_lines_and_shipping(module):
    shown = module.offer([TEA], SHIPPING)
    assert [line.sku for line in shown.lines] == ["TEA", "SHIPPING"]
    assert shown.total == Decimal("11.90")


@both
def test_no_field_can_be_assigned(module):
    with pytest.raises(FrozenInstanceError):
        module.offer([TEA], SHIPPING).lines = ()


def test_equal_quotes_are_one_key():
    assert len({Offer((TEA,)), Offer((TEA,))}) == 1


def test_a_frozen_dataclass_with_a_list_has_no_hash():
    with pytest.raises(TypeError, match="unhashable type: 'list'"):
        hash(immutability_broken.Offer([TEA]))


def test_repricing_leaves_the_old_lines_alone():
    lines = [TEA, BasketLine("CUP", 1, Decimal("9.00"))]

    new = repriced(lines, {"TEA": Decimal("5.00")})

    assert [line.unit_price for line in new] == [Decimal(5), Decimal(9)]
    assert lines[0] is TEA


def test_mypy_refuses_to_change_what_was_lent(mypy):
    findings = mypy(
        "from collections.abc import Mapping, Sequence\n"
        "def f(lines: Sequence[int], prices: Mapping[str, int]) -> None:\n"
        "    lines.append(1)\n"
        "    prices['TEA'] = 2\n"
    )
    assert findings == {
        'attr-defined: "Sequence[int]" has no attribute "append"',
        "index: Unsupported target for indexed assignment "
        '("Mapping[str, int]")',
    }
