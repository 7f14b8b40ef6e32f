"""Bounded contexts: one word, two models, and a message between them.

To the catalogue a product is what customers read; to the warehouse it is what
lies on a shelf. Neither imports the other's class. They share an identifier
and one published message.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProductListed:
    """What the catalogue tells the rest of the company, and no more."""

    sku: str
    weight_in_grams: int


@dataclass(slots=True)
class CatalogueProduct:
    """A product as the catalogue knows it: text, and whether it is shown."""

    sku: str
    title: str
    description: str
    weight_in_grams: int
    is_listed: bool = False

    def list_for_sale(self) -> ProductListed:
        self.is_listed = True
        return ProductListed(self.sku, self.weight_in_grams)


@dataclass(slots=True)
class WarehouseProduct:
    """A product as the warehouse knows it: how to store and lift it."""

    sku: str
    weight_in_grams: int
    bin_location: str | None = None

    @property
    def needs_two_people(self) -> bool:
        return self.weight_in_grams > 25_000


def expect_product(message: ProductListed) -> WarehouseProduct:
    """The warehouse's side of the message: it has no bin yet."""
    return WarehouseProduct(message.sku, message.weight_in_grams)
