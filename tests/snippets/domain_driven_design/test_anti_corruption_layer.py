"""Anti-corruption layer: our words come out, or nothing does."""

import json
import subprocess
import sys
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime

import pytest

from guide.layout import ROOT
from snippets.domain_driven_design import (
    anti_corruption_layer,
    anti_corruption_layer_broken,
)
from snippets.domain_driven_design.anti_corruption_layer import (
    STATUS_BY_CODE,
    ShipmentStatus,
    ShipmentUpdate,
    UnintelligibleMessageError,
    translate,
)
from tests.support.twins import fix_and_twin


def message(code="OK", zeit="24.12.2026 09:30", number="JD01", **more):
    theirs = {"sendungsnr": number, "code": code, "zeit": zeit, **more}
    return json.dumps(theirs).encode()


both = pytest.mark.parametrize(
    "module", [anti_corruption_layer, anti_corruption_layer_broken]
)


@fix_and_twin(
    "module",
    anti_corruption_layer,
    anti_corruption_layer_broken,
    "The carrier lost the parcel and says so with a new "
    "code; the customer reads 'in transit' for ever",
    raises=pytest.fail.Exception,
)
def test_a_code_we_have_not_agreed_on_is_no_news(module):
    with pytest.raises(UnintelligibleMessageError):
        module.translate(message(code="VL"))


@both
def test_their_message_becomes_our_update(module):
    assert module.translate(message()) == ShipmentUpdate(
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


def test_in_the_skipped_hour_the_clock_not_yet_set_forward_is_believed():
    update = translate(message(zeit="29.03.2026 02:30"))
    assert update.at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("PU", "in transit"),
        ("AR", "in transit"),
        ("OK", "delivered"),
        ("RT", "returned"),
    ],
)
def test_every_known_code_has_its_status(code, status):
    assert translate(message(code)).status == status


def test_what_the_carrier_said_cannot_be_edited():
    with pytest.raises(FrozenInstanceError):
        translate(message()).status = ShipmentStatus.RETURNED


@pytest.mark.parametrize("with_tzdata", [True, False])
def test_where_the_system_has_no_zones_they_come_from_tzdata(with_tzdata):
    """On Windows and in slim images; the caption names the package."""
    blocked = "" if with_tzdata else "sys.modules['tzdata'] = None;"
    imported = subprocess.run(
        [
            *[sys.executable, "-c"],
            f"import sys; {blocked} import {anti_corruption_layer.__name__}",
        ],
        check=False,
        cwd=ROOT,
        env={"PYTHONTZPATH": ""},
        capture_output=True,
        text=True,
    )
    found = "ZoneInfoNotFoundError" not in imported.stderr
    assert found is with_tzdata
    assert (imported.returncode == 0) is with_tzdata


def test_every_status_can_be_reported():
    assert set(STATUS_BY_CODE.values()) == set(ShipmentStatus)


def test_the_refused_message_is_kept_in_the_error():
    with pytest.raises(UnintelligibleMessageError, match="JD01"):
        translate(message(code="VL"))


def test_a_field_they_add_does_not_disturb_us():
    assert translate(message(gewicht="12")) == translate(message())


@pytest.mark.parametrize(
    "theirs",
    [
        message(code="XX"),
        message(code="ok"),
        message(zeit="2026-12-24T09:30"),
        message(zeit="1.1.2026 9:5"),
        message(zeit="24.12.2026\n09:30"),
        message(zeit="24.12.2026  9:30"),
        message(zeit="\u0662\u0664.12.2026 09:30"),
        message(zeit="24.12.2026 24:00"),
        message(zeit="30.02.2026 09:30"),
        message(zeit=1798104600),
        message(number=""),
        message(number=" JD01"),
        message(number="JD\x00"),
        message(number="JD01\n"),
        message(number="\ud800"),
        message(number="J" * 36),
        b"[" * 10**5,
        b"null",
        b"9" * 10**5,
        message(zeit="01.01.0001 00:00"),  # "no date": in UTC, the year 0
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
