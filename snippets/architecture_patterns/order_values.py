"""What an order may be made of, checked before anybody stores it.

The bounds are those of the tables, or narrower. So what a test stores in
memory, PostgreSQL stores too.
"""

from decimal import Decimal

LIMIT = Decimal(10) ** 10  # numeric(12, 2) holds what is below
MAX_UNITS = 10_000  # of one article


def is_price(amount: Decimal) -> bool:
    """Whether it is in whole cents, not negative and below LIMIT."""
    bounded = amount.is_finite() and 0 <= amount < LIMIT  # NaN is not
    return bounded and amount == round(amount, 2)


def is_quantity(units: int) -> bool:
    """Whether it is a whole number from 1 to MAX_UNITS."""
    return type(units) is int and 1 <= units <= MAX_UNITS


def is_text(text: str) -> bool:
    """Whether it is more than nothing, and all of it characters.

    UTF-8 has no half of a surrogate pair, PostgreSQL's ``text`` no NUL.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return text != "" and "\0" not in text
