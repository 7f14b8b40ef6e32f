"""Postal address: several fields that are only valid together.

Replaced as a whole, never edited: an order keeps the address it was sent to
when its customer moves.
"""

import re
from dataclasses import dataclass, fields
from unicodedata import normalize

POSTAL_CODES = {
    "DE": re.compile(r"[0-9]{5}"),
    "GB": re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}"),
    "NL": re.compile(r"[1-9][0-9]{3} [A-Z]{2}"),
    "US": re.compile(r"[0-9]{5}(-[0-9]{4})?"),
}
"""By ISO 3166-1 alpha-2 code, for the countries this shop ships to."""


MAX_LENGTH = 100  # characters: what a label has room for


class InvalidAddressError(ValueError):
    """Nothing could be delivered there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a parcel goes; surrounding white space is dropped.

    One spelling of a name is one sequence of characters (Unicode's NFC).

    Raises:
        InvalidAddressError: a field that is not one printable line of 1 to
            MAX_LENGTH characters, a country the shop does not ship to, or a
            postal code the country cannot have.
    """

    recipient: str
    street: str
    postal_code: str
    city: str
    country: str

    def __post_init__(self) -> None:
        for field in fields(self):
            text = normalize("NFC", getattr(self, field.name)).strip()
            if not 0 < len(text) <= MAX_LENGTH or not text.isprintable():
                raise InvalidAddressError(f"{field.name} is not one line")
            object.__setattr__(self, field.name, text)
        if self.country not in POSTAL_CODES:
            raise InvalidAddressError(f"We do not ship to {self.country!r}")
        if not POSTAL_CODES[self.country].fullmatch(self.postal_code):
            raise InvalidAddressError(
                f"{self.postal_code!r} is no postal code in {self.country}"
            )
