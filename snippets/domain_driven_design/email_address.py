"""Email address: a value that cannot be built wrong, so nobody checks again.

The syntax is what email-validator accepts: RFC 5322's dot-atom form of at most
254 octets, and internationalised addresses (RFC 6531). Whether mail arrives,
only a confirmation mail can tell.
"""

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

MAX_LENGTH = 254  # octets; RFC 5321, 4.5.3.1.3


class InvalidEmailAddressError(ValueError):
    """The message says what is wrong, for the person who typed it."""


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """A valid address; the domain in lower case, the local part as written.

    RFC 2142's mailbox names (info, sales, postmaster) are lowered too.

    Raises:
        InvalidEmailAddressError: mail to it could not even be sent.
    """

    value: str

    def __post_init__(self) -> None:
        if len(self.value) > MAX_LENGTH:  # before a megabyte takes seconds
            raise InvalidEmailAddressError("The email address is too long")
        try:
            address = validate_email(self.value, check_deliverability=False)
        except EmailNotValidError as error:
            raise InvalidEmailAddressError(str(error)) from error
        object.__setattr__(self, "value", address.normalized)

    def __str__(self) -> str:
        return self.value
