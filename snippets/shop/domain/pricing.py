"""Pricing, a domain service: what a product costs this customer.

The one in Architecture patterns quotes a whole order in plain decimals; here
orders hold money, so it stands on the discounts of Domain-driven design.
"""

from collections.abc import Iterable, Mapping

from snippets.architecture_patterns.pricing import Tier
from snippets.domain_driven_design.discount import Discount, best_price
from snippets.domain_driven_design.money import Money

from .customer import Customer
from .product import Product


class Pricing:
    """Applies the best discount of the customer's tier; they do not add up."""

    def __init__(self, discounts: Mapping[Tier, Iterable[Discount]]) -> None:
        self._discounts = {
            tier: tuple(of_tier) for tier, of_tier in discounts.items()
        }

    def unit_price(self, product: Product, customer: Customer) -> Money:
        discounts = self._discounts.get(customer.tier, ())
        return best_price(product.price, discounts)
