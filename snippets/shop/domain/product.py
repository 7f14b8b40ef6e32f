"""Product: what the shop sells, at its list price."""

from dataclasses import dataclass

from snippets.architecture_patterns.new_order import LIMIT
from snippets.code_style.errors import DomainError
from snippets.domain_driven_design.money import Money


class UnknownProductError(DomainError):
    """The shop does not sell this."""

    code = "unknown-product"


@dataclass(frozen=True, slots=True)
class Product:
    """One article; how many there are is the business of its stock item.

    Raises:
        ValueError: a price below zero, or so high that an order of as many
            lines and pieces as are allowed would be more than money can hold.
    """

    sku: str
    name: str
    price: Money

    def __post_init__(self) -> None:
        if not 0 <= self.price.amount < LIMIT:
            raise ValueError(f"Not a price: {self.price}")
