"""Customer: who orders, and how good a customer they are."""

from dataclasses import dataclass

from snippets.architecture_patterns.pricing import Tier
from snippets.code_style.errors import DomainError
from snippets.domain_driven_design.email_address import EmailAddress
from snippets.domain_driven_design.entity import Entity


class UnknownCustomerError(DomainError):
    """Nobody with this id is a customer of the shop."""

    code = "unknown-customer"


@dataclass(kw_only=True)
class Customer(Entity):
    """Someone who may order; the tier decides what things cost them."""

    name: str
    email: EmailAddress
    tier: Tier = Tier.STANDARD
