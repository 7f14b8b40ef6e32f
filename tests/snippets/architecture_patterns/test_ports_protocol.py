"""Ports as Protocols: checked where an adapter is handed over, by mypy."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Protocol, runtime_checkable

from snippets.architecture_patterns import (
    ports_protocol,
    ports_protocol_broken,
)
from tests.support.twins import fix_and_twin

ROOT = Path(__file__).resolve().parents[3]

either = fix_and_twin(
    "adapter",
    ports_protocol,
    ports_protocol_broken,
    "Charging works for weeks; the first refund fails with an AttributeError.",
    raises=AttributeError,
)


@either
async def test_what_was_charged_can_be_refunded(adapter):
    gateway = adapter.payment_gateway()
    reference = await gateway.charge("42", Decimal("9.80"))
    assert gateway.open_invoices == {reference: Decimal("9.80")}

    await gateway.refund(reference)

    assert gateway.open_invoices == {}


def mypy(path: Path) -> str:
    run = subprocess.run(
        [
            *[sys.executable, "-m", "mypy", "--strict", "--config-file="],
            *["--cache-dir", path.parent / ".mypy_cache", path],
        ],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode in (0, 1), run.stderr
    return run.stdout


async def test_the_twin_charges_and_cancels():
    gateway = ports_protocol_broken.payment_gateway()
    reference = await gateway.charge("42", Decimal("9.80"))

    await gateway.cancel(reference)

    assert gateway.open_invoices == {}


def test_mypy_finds_the_missing_method_once_the_port_is_named(tmp_path):
    wiring = tmp_path / "wiring.py"
    wiring.write_text(
        "from snippets.architecture_patterns.ports_protocol import (\n"
        "    InvoiceGateway as Fits,\n"
        "    PaymentGateway,\n"
        ")\n"
        "from snippets.architecture_patterns.ports_protocol_broken import (\n"
        "    InvoiceGateway as DoesNotFit,\n"
        ")\n"
        "fits: PaymentGateway = Fits()\n"
        "does_not_fit: PaymentGateway = DoesNotFit()\n"
    )

    found = [line for line in mypy(wiring).splitlines() if "wiring.py" in line]

    assert "wiring.py:9: error: Incompatible types" in found[0]
    assert '"InvoiceGateway" is missing following "PaymentGateway"' in found[1]
    assert "refund" in found[2]
    assert not any(":8:" in line for line in found)


def test_a_runtime_check_sees_names_and_no_signatures():
    @runtime_checkable
    class Refunds(Protocol):
        async def refund(self, reference: str) -> None: ...

    class Surprise:
        refund = "not even a method"

    assert isinstance(Surprise(), Refunds)
