"""Product: what the shop sells, at its list price."""

from dataclasses import dataclass

from snippets.architecture_patterns.errors import DomainError
from snippets.domain_driven_design.money import Money


class UnknownProductError(DomainError):
    """The shop does not sell this."""

    code = "unknown-product"


@dataclass(frozen=True, slots=True)
class Product:
    """One article; how many there are is the business of its stock item."""

    sku: str
    name: str
    price: Money
