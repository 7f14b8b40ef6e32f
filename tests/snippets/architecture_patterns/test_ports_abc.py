"""Ports as ABCs: enforced when an adapter is made, with code of their own."""

from decimal import Decimal

import pytest

from snippets.architecture_patterns.ports_abc import (
    InvoiceGateway,
    PaymentGateway,
)


def test_an_adapter_that_lacks_a_method_can_be_defined_but_not_made():
    class HalfGateway(PaymentGateway):
        async def _charge(self, order_id, amount):
            return "reference"

    with pytest.raises(TypeError, match=r"abstract method '?refund"):
        HalfGateway()


def test_a_method_with_the_wrong_parameters_goes_unnoticed():
    class HastyGateway(PaymentGateway):
        async def _charge(self):
            return "reference"

        async def refund(self):
            pass

    assert isinstance(HastyGateway(), PaymentGateway)


async def test_final_is_for_the_checker_and_stops_nobody_at_run_time():
    class FreeGateway(InvoiceGateway):
        async def charge(self, order_id, amount):
            return "reference"

    assert await FreeGateway().charge("42", Decimal(0)) == "reference"


def test_what_merely_looks_like_an_adapter_is_none():
    class Lookalike:
        async def charge(self, order_id, amount): ...

        async def refund(self, reference): ...

    assert not isinstance(Lookalike(), PaymentGateway)


async def test_an_adapter_charges_and_refunds():
    gateway = InvoiceGateway()

    reference = await gateway.charge("42", Decimal("9.80"))
    assert gateway.open_invoices == {reference: Decimal("9.80")}

    await gateway.refund(reference)
    assert gateway.open_invoices == {}


@pytest.mark.parametrize("amount", [Decimal(0), Decimal("-1.00")])
async def test_the_port_keeps_its_rule_for_every_adapter(amount):
    gateway = InvoiceGateway()

    with pytest.raises(ValueError, match="positive"):
        await gateway.charge("42", amount)

    assert gateway.open_invoices == {}
