"""Broken: Decimal reads more than amounts, and NaN passes through quantize."""

from decimal import Decimal, InvalidOperation

CENT = Decimal("0.01")


def amount(text: str) -> Decimal:
    try:
        return Decimal(text).quantize(CENT)
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is not an amount") from error
