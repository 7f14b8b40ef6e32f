"""Broken: an address that changes under everyone who remembers it."""

from dataclasses import dataclass


@dataclass
class Address:
    recipient: str
    street: str
    postal_code: str
    city: str
    country: str
