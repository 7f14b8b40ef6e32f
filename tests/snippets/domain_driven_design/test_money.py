"""Money: exact arithmetic, one currency, and no cent lost."""

import copy
import operator
import pickle
import subprocess
import sys
from dataclasses import replace
from decimal import Context, Decimal, InvalidOperation, localcontext
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snippets.domain_driven_design import money, money_split_broken
from snippets.domain_driven_design.money import (
    LIMIT,
    MINOR_DIGITS,
    CurrencyMismatchError,
    Money,
    minor_unit,
)
from tests.support.twins import fix_and_twin

currencies = st.sampled_from(sorted(MINOR_DIGITS))
units = st.integers(-(10**12), 10**12)


@st.composite
def amounts(draw, currency=None):
    currency = currency or draw(currencies)
    return Money(draw(units) * minor_unit(currency), currency)


@fix_and_twin(
    "split",
    lambda total, parts: total.allocate(*[1] * parts),
    money_split_broken.split,
    "Three friends pay 9.99 for an order of 10.00",
)
def test_the_parts_make_the_whole(split):
    whole = Money.of("10.00", "EUR")
    assert sum(split(whole, 3), start=Money.of(0, "EUR")) == whole


@given(amounts(), st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_allocation_loses_nothing(whole, ratios):
    if not sum(ratios):
        ratios = [1, *ratios]
    parts = whole.allocate(*ratios)
    assert len(parts) == len(ratios)
    assert sum(parts, start=Money.of(0, whole.currency)) == whole


@given(amounts(), st.lists(st.integers(1, 100), min_size=1, max_size=10))
def test_no_part_is_further_than_one_unit_from_its_share(whole, ratios):
    for part, ratio in zip(whole.allocate(*ratios), ratios, strict=True):
        share = whole.amount * ratio / sum(ratios)
        assert abs(part.amount - share) < minor_unit(whole.currency)


@given(amounts(), st.integers(1, 100), st.integers(0, 5))
def test_a_ratio_of_zero_gets_nothing(whole, ratio, position):
    ratios = [ratio] * 5
    ratios.insert(position, 0)
    assert whole.allocate(*ratios)[position] == Money.of(0, whole.currency)


@given(amounts(), st.lists(st.integers(1, 100), min_size=1, max_size=10))
def test_a_refund_is_allocated_like_its_payment(whole, ratios):
    assert (-whole).allocate(*ratios) == [-p for p in whole.allocate(*ratios)]


@given(st.data(), st.lists(st.integers(1, 10**6), min_size=1, max_size=10))
def test_lines_sent_back_one_by_one_refund_what_was_paid(data, prices):
    voucher, *lines = (
        Money(cents * minor_unit("EUR"), "EUR")
        for cents in (data.draw(st.integers(0, sum(prices))), *prices)
    )
    shares = voucher.allocate(*prices)
    refunds = [line - share for line, share in zip(lines, shares, strict=True)]

    nothing = Money.of(0, "EUR")
    assert min(refunds) >= nothing
    assert sum(refunds, nothing) == sum(lines, nothing) - voucher


def test_left_over_units_go_to_the_largest_remainders():
    parts = Money.of("1.00", "EUR").allocate(1, 2, 3)
    assert [part.amount for part in parts] == [
        Decimal("0.17"),
        Decimal("0.33"),
        Decimal("0.50"),
    ]


def test_a_part_may_shrink_when_the_whole_grows():
    """The price of largest remainders, which the page names."""
    ten, eleven = (Money.of(text, "EUR") for text in ("0.10", "0.11"))
    assert ten.allocate(6, 6, 2)[2] == Money.of("0.02", "EUR")
    assert eleven.allocate(6, 6, 2)[2] == Money.of("0.01", "EUR")


@pytest.mark.parametrize(
    ("currency", "smallest"),
    [
        ("CHF", "0.01"),
        ("EUR", "0.01"),
        ("GBP", "0.01"),
        ("JPY", "1"),
        ("KWD", "0.001"),
        ("USD", "0.01"),
    ],
)
def test_the_smallest_amount_is_that_of_iso_4217(currency, smallest):
    assert minor_unit(currency) == Decimal(smallest)


@pytest.mark.parametrize("ratios", [(), (0, 0), (2, -1)])
def test_impossible_ratios_are_refused(ratios):
    with pytest.raises(ValueError, match="Ratios"):
        Money.of("1.00", "EUR").allocate(*ratios)


@given(amounts(currency="EUR"), amounts(currency="EUR"))
def test_what_is_added_can_be_taken_away(one, other):
    assert one + other - other == one


@given(amounts(currency="EUR"), amounts(currency="EUR"))
def test_order_follows_the_amount(one, other):
    assert (one < other) == (one.amount < other.amount)
    assert (one >= other) == (one.amount >= other.amount)


@given(amounts(), st.integers(0, 100))
def test_multiplying_is_adding_repeatedly(price, quantity):
    total = sum([price] * quantity, start=Money.of(0, price.currency))
    assert price * quantity == total


@pytest.mark.parametrize(
    "operation",
    [operator.add, operator.sub, operator.lt, operator.ge],
)
def test_two_currencies_do_not_mix(operation):
    with pytest.raises(CurrencyMismatchError):
        operation(Money.of(1, "EUR"), Money.of(1, "USD"))


@pytest.mark.parametrize(
    "operation",
    [operator.add, operator.sub, operator.lt, operator.ge],
)
@pytest.mark.parametrize("other", [1, 1.0, Decimal(1), None])
def test_money_and_a_bare_number_do_not_mix(operation, other):
    with pytest.raises(TypeError, match="Not money"):
        operation(Money.of(1, "EUR"), other)


def test_whoever_catches_value_errors_catches_a_second_currency():
    with pytest.raises(ValueError, match="EUR, USD"):
        Money.of(1, "EUR") + Money.of(1, "USD")


def test_equal_amounts_of_two_currencies_differ():
    assert Money.of(1, "EUR") != Money.of(1, "USD")


@pytest.mark.parametrize("amount", ["10", "10.0", "010", "10.00000", 10])
def test_one_amount_is_written_in_one_way(amount):
    assert str(Money.of(amount, "EUR")) == "10.00 EUR"
    assert str(Money(Decimal("1e1"), "EUR")) == "10.00 EUR"


def test_there_is_no_minus_zero():
    assert str(Money.of("-0.00", "EUR")) == "0.00 EUR"
    assert str(Money.of("-0.01", "EUR").allocate(1, 1)[1]) == "0.00 EUR"


@given(amounts())
def test_minor_units_are_the_whole_amount(price):
    unit = minor_unit(price.currency)
    assert Money(unit * price.minor_units, price.currency) == price


@pytest.mark.parametrize("amount", [0.5, Decimal("0.5"), None])
def test_only_text_and_whole_numbers_are_read(amount):
    with pytest.raises(TypeError, match="Not exact"):
        Money.of(amount, "EUR")


@pytest.mark.parametrize(
    "amount",
    [
        *["", "ten", "9,99", "1.000,00", "--1", "0x10", True, False],
        *["NaN", "-NaN", "sNaN", "Infinity", "-Infinity", "1E+30", "1e-400"],
        *["1e1", "1E-2", "+1", ".5", "5.", "1_000.00"],
        *[" 1", "1 ", "1\n", "\u00a01", "\u22121"],
        *["\u0663.\u0665", "\uff11.00", "\u06f1"],  # digits, not ASCII's
    ],
)
def test_what_is_not_written_as_an_amount_is_refused(amount):
    with pytest.raises(ValueError, match="Not an amount"):
        Money.of(amount, "EUR")


@pytest.mark.parametrize("amount", [str(LIMIT), int(LIMIT), "9" * 10**5])
def test_too_large_an_amount_is_refused_in_few_words(amount):
    with pytest.raises(ValueError, match="Not below") as refusal:
        Money.of(amount, "EUR")
    assert len(str(refusal.value)) < 100


@pytest.mark.parametrize(
    "amount",
    ["NaN", "sNaN", "Infinity", "-Infinity", "1E+30", "1E+999999", str(LIMIT)],
)
def test_what_is_no_amount_is_not_rounded_to_one(amount):
    with pytest.raises(ValueError, match="Not below"):
        Money.rounded(Decimal(amount), "EUR")


@pytest.mark.parametrize("amount", [0.5, 1, "1.00", None])
def test_only_decimals_are_rounded(amount):
    with pytest.raises(TypeError, match="Decimal"):
        Money.rounded(amount, "EUR")


def test_a_context_of_too_few_digits_fails_instead_of_rounding():
    price = Money.of("123456.78", "EUR")
    for calculate in (
        lambda: price * 3,
        lambda: -price,
        lambda: price.minor_units,
        lambda: price.allocate(*[1] * 1000),
    ):
        with localcontext(Context(prec=6)), pytest.raises(InvalidOperation):
            calculate()


@pytest.mark.parametrize("amount", [1.0, 1, "1.00"])
def test_only_decimals_become_money(amount):
    with pytest.raises(TypeError, match="Decimal"):
        Money(amount, "EUR")


@pytest.mark.parametrize("quantity", [0.5, Decimal("0.5"), True, "2"])
def test_only_whole_quantities_multiply(quantity):
    with pytest.raises(TypeError, match="rounded"):
        Money.of(1, "EUR") * quantity


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("0.001", "EUR"),
        ("0.5", "JPY"),
        ("0.0001", "KWD"),
        ("NaN", "EUR"),
        ("sNaN", "EUR"),
        ("Infinity", "EUR"),
        (str(LIMIT), "EUR"),
        ("1e1000000", "EUR"),
        ("1", "XXX"),
        ("1", "eur"),
    ],
)
def test_what_is_no_amount_of_a_currency_is_refused(amount, currency):
    with pytest.raises(ValueError, match=r"minor unit|below|currency"):
        Money(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("0.125", "EUR", "0.12"),
        ("0.135", "EUR", "0.14"),
        ("-0.125", "EUR", "-0.12"),
        ("0.5", "JPY", "0"),
        ("1.5", "JPY", "2"),
        ("0.0005", "KWD", "0.000"),
    ],
)
def test_rounding_is_half_to_even(amount, currency, rounded):
    assert Money.rounded(Decimal(amount), currency) == Money.of(
        rounded, currency
    )


def test_money_cannot_be_changed():
    with pytest.raises(AttributeError):
        Money.of(1, "EUR").amount = Decimal(2)


@given(amounts())
def test_a_copy_is_the_same_money(price):
    for same in (
        pickle.loads(pickle.dumps(price)),  # noqa: S301 - our own
        copy.deepcopy(price),
        replace(price),
    ):
        assert same == price
        assert hash(same) == hash(price)


def test_mypy_refuses_a_subclass(tmp_path):
    """It would be equal to no money of the same amount."""
    pasted = Path(money.__file__).read_text()
    (tmp_path / "pasted.py").write_text(
        f"{pasted}\n\nclass Price(Money):\n    pass\n"
    )
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "pasted.py"],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    ).stdout
    assert 'Cannot inherit from final class "Money"' in found
    assert "Found 1 error " in found


def test_a_changed_copy_is_validated():
    with pytest.raises(ValueError, match="minor unit"):
        replace(Money.of(1, "EUR"), currency="JPY", amount=Decimal("0.5"))


@pytest.mark.parametrize("currency", sorted(MINOR_DIGITS))
def test_numeric_18_3_holds_every_amount(currency, postgres_url):
    largest = Money(LIMIT - minor_unit(currency), currency)
    with psycopg.connect(postgres_url) as connection:
        stored, least = connection.execute(
            "select %s::numeric(18, 3), %s::numeric(18, 3)",
            (largest.amount, -largest.amount),
        ).fetchone()
    assert str(Money(stored, currency)) == str(largest)
    assert Money(least, currency) == -largest
