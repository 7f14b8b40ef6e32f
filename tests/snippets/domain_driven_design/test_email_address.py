"""Email address: what is accepted, what is refused, what is equal."""

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis.strategies import emails
from pydantic import EmailStr, TypeAdapter

from snippets.domain_driven_design import email_address, email_address_broken
from snippets.domain_driven_design.email_address import (
    EmailAddress,
    InvalidEmailAddressError,
)
from tests.support.twins import fix_and_twin


def either(reason, raises):
    return fix_and_twin(
        "module", email_address, email_address_broken, reason, raises=raises
    )


@either(
    "A pasted address with a line break at its end is stored, and its owner "
    "is a second customer",
    pytest.fail.Exception,
)
def test_a_trailing_newline_is_refused(module):
    with pytest.raises(ValueError, match=r"."):
        module.EmailAddress("ada@shop.example.com\n")


@either(
    "A customer with a plus sign in the address cannot register", ValueError
)
def test_plus_addresses_are_accepted(module):
    assert module.EmailAddress("ada+shop@gmail.com").value.startswith("ada+")


@pytest.mark.parametrize("module", [email_address, email_address_broken])
def test_an_ordinary_address_is_accepted(module):
    assert module.EmailAddress("ada@example.com").value == "ada@example.com"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "@gmail.com",
        "ada@@gmail.com",
        "ada@localhost",
        "a" * 245 + "@gmail.com",
        "\u00fc" * 123 + "@gmail.com",  # 133 characters, 256 octets
        "ada\x00@gmail.com",
        "ada\ud800@gmail.com",
        "\N{RIGHT-TO-LEFT OVERRIDE}ada@gmail.com",
        "ada\N{ZERO WIDTH SPACE}@gmail.com",
        '"ada king"@gmail.com',
        "ada@[127.0.0.1]",
        "ada@xn--a.com",
        " ada@gmail.com",
        "ada@shop.test",
        "ada@gmail.com, eve@gmail.com",
        "ada@gmail.com\r\nBcc: eve@gmail.com",
        "Ada <ada@gmail.com>",
    ],
)
def test_what_no_mail_can_reach_is_refused(text):
    with pytest.raises(InvalidEmailAddressError):
        EmailAddress(text)


def test_254_octets_are_accepted_one_more_is_not():
    domain = f"{'b' * 63}.{'c' * 63}.{'d' * 57}.com"
    longest = EmailAddress(f"{'a' * 64}@{domain}")
    assert len(longest.value) == 254
    with pytest.raises(InvalidEmailAddressError):
        EmailAddress(f"{'a' * 64}@b{domain[2:]}.org")


def test_the_domain_does_not_care_about_case():
    assert EmailAddress("Ada@GMAIL.com") == EmailAddress("Ada@gmail.com")


@pytest.mark.parametrize(
    "domain",
    [
        "m\u00fcnchen.de",
        "M\u00dcNCHEN.de",
        "mu\u0308nchen.de",
        "xn--mnchen-3ya.de",
        "m\u00fcnchen\N{IDEOGRAPHIC FULL STOP}de",
    ],
)
def test_an_international_domain_is_one_in_every_spelling(domain):
    assert EmailAddress(f"ada@{domain}") == EmailAddress("ada@m\u00fcnchen.de")


def test_a_letter_is_one_letter_in_every_spelling():
    assert EmailAddress("a\u0301da@gmail.com") == EmailAddress(
        "\u00e1da@gmail.com"
    )


def test_a_megabyte_is_refused_unread(monkeypatch):
    monkeypatch.delattr(email_address, "validate_email")
    with pytest.raises(InvalidEmailAddressError, match="too long"):
        EmailAddress("a." * 2**19 + "a@gmail.com")


@given(emails())
def test_what_was_accepted_is_accepted_again(text):
    try:
        address = EmailAddress(text)
    except InvalidEmailAddressError:
        return
    assert EmailAddress(address.value) == address


def test_the_local_part_does():
    assert EmailAddress("Ada@gmail.com") != EmailAddress("ada@gmail.com")


def test_the_mailboxes_of_rfc_2142_are_one_in_any_case():
    assert EmailAddress("Info@gmail.com") == EmailAddress("info@gmail.com")


def test_an_address_cannot_be_edited():
    with pytest.raises(FrozenInstanceError):
        EmailAddress("ada@gmail.com").value = "eve@gmail.com"


def test_whoever_catches_value_errors_catches_an_invalid_address():
    with pytest.raises(ValueError, match="@-sign"):
        EmailAddress("ada")


def test_it_reads_as_its_text():
    assert f"To: {EmailAddress('ada@gmail.com')}" == "To: ada@gmail.com"


def test_what_our_schemas_let_in_is_an_address():
    """What the page says of Pydantic's ``EmailStr``: it strips a name."""
    typed = TypeAdapter(EmailStr).validate_python("Ada King <ada@gmail.com> ")
    assert EmailAddress(typed) == EmailAddress("ada@gmail.com")
