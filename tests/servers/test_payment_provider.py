"""The stand-in for the payment provider; its HTTP is tested by its clients."""

from http import HTTPStatus

from servers.payment_provider import PaymentProvider


def test_it_declines_from_its_limit_on():
    provider = PaymentProvider()
    provider.declined_from = 100_00

    below = provider.act("/charges", "one", {"cents": 99_99})
    above = provider.act("/charges", "other", {"cents": 100_00})

    assert (below, above) == (HTTPStatus.CREATED, HTTPStatus.PAYMENT_REQUIRED)
    assert provider.charges == {"one": 99_99}


def test_it_repeats_its_answer_under_the_same_key():
    provider = PaymentProvider()
    provider.declines = True
    first = provider.act("/charges", "key", {"cents": 980})
    provider.declines = False

    assert provider.act("/charges", "key", {"cents": 980}) == first
    assert provider.charges == {}


def test_it_refunds_what_it_has_charged_and_nothing_else():
    provider = PaymentProvider()
    provider.act("/charges", "charge", {"cents": 980})

    given = provider.act("/refunds", "refund", {"charge": "charge"})
    unknown = provider.act("/refunds", "other", {"charge": "nothing"})

    assert (given, unknown) == (HTTPStatus.CREATED, HTTPStatus.NOT_FOUND)
    assert provider.refunds == {"refund": "charge"}
