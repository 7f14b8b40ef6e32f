"""Anti-corruption layer: our words come out, or nothing does."""

from datetime import UTC, datetime

import pytest

from snippets.domain_driven_design.anti_corruption_layer import (
    STATUS_BY_CODE,
    ShipmentStatus,
    ShipmentUpdate,
    UnintelligibleMessageError,
    translate,
)


def message(code="OK", zeit="24.12.2026 09:30", **more):
    extra = "".join(f', "{key}": {value}' for key, value in more.items())
    return (
        f'{{"sendungsnr": "JD01", "code": "{code}", "zeit": "{zeit}"{extra}}}'
    ).encode()


def test_their_message_becomes_our_update():
    assert translate(message()) == ShipmentUpdate(
        "JD01",
        ShipmentStatus.DELIVERED,
        datetime(2026, 12, 24, 8, 30, tzinfo=UTC),
    )


def test_their_summer_time_is_known():
    update = translate(message(zeit="24.07.2026 09:30"))
    assert update.at == datetime(2026, 7, 24, 7, 30, tzinfo=UTC)


def test_in_the_repeated_hour_the_earlier_instant_is_taken():
    update = translate(message(zeit="25.10.2026 02:30"))
    assert update.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("code", STATUS_BY_CODE)
def test_every_known_code_has_a_status(code):
    assert translate(message(code)).status in ShipmentStatus


def test_a_field_they_add_does_not_disturb_us():
    assert translate(message(gewicht="12")) == translate(message())


@pytest.mark.parametrize(
    "theirs",
    [
        message(code="XX"),
        message(zeit="2026-12-24T09:30"),
        b'{"sendungsnr": 7, "code": "OK", "zeit": "24.12.2026 09:30"}',
        b'{"code": "OK"}',
        b"<html>502 Bad Gateway</html>",
        b"",
        b"\xff",
    ],
)
def test_what_we_do_not_understand_is_refused_loudly(theirs):
    with pytest.raises(UnintelligibleMessageError):
        translate(theirs)
