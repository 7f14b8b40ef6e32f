"""Broken: no types, so a checker has nothing to hold a caller to."""


def line_total(unit_price, quantity):
    return unit_price * quantity
