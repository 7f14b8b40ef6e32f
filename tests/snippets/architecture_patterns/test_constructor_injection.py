"""Constructor injection: no object without its collaborators, none hidden."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from snippets.architecture_patterns.constructor_injection import (
    Checkout,
    InMemoryReservations,
    checkout,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


async def test_a_test_hands_in_its_own_clock():
    reservations = InMemoryReservations()
    service = Checkout(reservations, lambda: NOON, timedelta(minutes=15))

    reservation = await service.reserve(Decimal("9.80"))

    assert reservation.expires == NOON + timedelta(minutes=15)
    assert reservations.held == {reservation.id: reservation}


def test_an_object_without_its_collaborators_cannot_be_made():
    with pytest.raises(TypeError, match="missing 3 required"):
        Checkout()


async def test_the_composition_root_makes_one_that_works():
    before = datetime.now(UTC)

    reservation = await checkout().reserve(Decimal("9.80"))

    assert reservation.expires >= before + timedelta(minutes=15)
