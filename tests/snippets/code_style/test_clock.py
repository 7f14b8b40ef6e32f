"""Time: aware, in UTC, and the same instant in every time zone."""

import sys
import time
import warnings
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone, tzinfo

import asyncpg
import pytest

from snippets.code_style import clock, clock_broken, clock_naive_broken
from snippets.code_style.clock import FixedClock, SystemClock, Voucher, utc
from tests.support.twins import fix_and_twin

HOUR = timedelta(hours=1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def in_new_york(monkeypatch):
    """The process lives five hours west of Greenwich."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "EST5")
        time.tzset()
        yield
    time.tzset()


@fix_and_twin(
    "module",
    clock,
    clock_broken,
    "On a server in New York a voucher works for five hours after it has ended",
)
@pytest.mark.usefixtures("in_new_york")
def test_a_voucher_that_has_ended_is_refused(module):
    voucher = module.Voucher("SPRING", datetime.now(UTC) - HOUR)
    assert not voucher.is_valid(SystemClock())


@pytest.mark.parametrize("module", [clock, clock_broken])
@pytest.mark.usefixtures("in_new_york")
def test_a_voucher_of_tomorrow_is_valid(module):
    voucher = module.Voucher("SPRING", datetime.now(UTC) + 24 * HOUR)
    assert voucher.is_valid(SystemClock())


@fix_and_twin(
    "module",
    clock,
    clock_naive_broken,
    "From a server in New York, a payment due in one hour is due in six",
)
@pytest.mark.usefixtures("in_new_york")
def test_an_hour_from_now_is_an_hour_from_now(module):
    before = time.time()
    due = (module.SystemClock().now() + HOUR).timestamp()
    assert before + 3599 <= due <= time.time() + 3600


def test_until_when_a_voucher_is_valid_can_be_tested_to_the_second():
    now = FixedClock(NOON)
    voucher = Voucher("SPRING", NOON + HOUR)

    now.advance(HOUR - timedelta(seconds=1))
    assert voucher.is_valid(now)
    now.advance(timedelta(seconds=1))
    assert not voucher.is_valid(now)


def test_the_system_clock_is_aware_and_utc():
    assert SystemClock().now().tzinfo is UTC


def test_a_voucher_keeps_the_instant_and_stores_utc():
    cest = timezone(timedelta(hours=2))
    voucher = Voucher("SPRING", datetime(2026, 6, 1, 14, tzinfo=cest))
    assert voucher.valid_until.isoformat() == "2026-06-01T12:00:00+00:00"


def test_an_issued_voucher_is_not_prolonged():
    with pytest.raises(FrozenInstanceError):
        Voucher("SPRING", NOON).valid_until = NOON + HOUR


def test_a_naive_time_is_refused_at_the_border():
    with pytest.raises(ValueError, match="has no time zone"):
        utc(datetime(2026, 6, 1))  # noqa: DTZ001 - naive on purpose


class Nowhere(tzinfo):
    def utcoffset(self, _):
        return None


EASTERN, WESTERN = timezone(5 * HOUR), timezone(-5 * HOUR)


@pytest.mark.parametrize(
    "moment",
    [
        NOON.replace(tzinfo=Nowhere()),
        datetime.min.replace(tzinfo=EASTERN),
        datetime.max.replace(tzinfo=WESTERN),
    ],
)
def test_what_names_no_instant_is_refused_at_the_border(moment):
    for border in (utc, FixedClock, lambda at: Voucher("SPRING", at)):
        with pytest.raises(ValueError, match="time"):
            border(moment)


@pytest.mark.parametrize("text", ["20260301", "2026-W09-7", "2026-03-01"])
def test_a_date_is_read_as_a_naive_midnight_and_refused(text):
    with pytest.raises(ValueError, match="has no time zone"):
        utc(datetime.fromisoformat(text))


@pytest.mark.parametrize("text", ["2026", "1772366400", "12:00", ""])
def test_digits_alone_are_no_time(text):
    with pytest.raises(ValueError, match="Invalid isoformat"):
        datetime.fromisoformat(text)


def test_rfc_3339_is_read_with_its_offset():
    assert datetime.fromisoformat("2026-03-01T12:00:00Z") == NOON
    assert datetime.fromisoformat("2026-03-01T14:00:00+02:00") == NOON


def test_naive_and_aware_do_not_compare_and_are_never_equal():
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(TypeError, match="offset-naive and offset-aware"):
        assert naive < NOON
    assert naive != NOON


def test_utcnow_is_naive_and_since_312_deprecated():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        now = datetime.utcnow()  # noqa: DTZ003 - its behaviour is the subject
    assert now.tzinfo is None
    since_312 = [DeprecationWarning] * (sys.version_info >= (3, 12))
    assert [warning.category for warning in caught] == since_312


@pytest.mark.usefixtures("in_new_york")
async def test_asyncpg_takes_a_naive_time_for_local_time(postgres_url):
    naive_utc = NOON.replace(tzinfo=None)
    connection = await asyncpg.connect(postgres_url)
    try:
        stored = await connection.fetchval("select $1::timestamptz", naive_utc)
    finally:
        await connection.close()
    assert stored == NOON + 5 * HOUR


async def test_timestamptz_comes_back_aware(postgres_url):
    connection = await asyncpg.connect(postgres_url)
    try:
        stored = await connection.fetchval("select $1::timestamptz", NOON)
    finally:
        await connection.close()
    assert stored == NOON
    assert stored.utcoffset() == timedelta(0)


async def test_asyncpg_refuses_an_aware_time_for_a_plain_timestamp(
    postgres_url,
):
    connection = await asyncpg.connect(postgres_url)
    try:
        with pytest.raises(asyncpg.DataError, match="offset-naive"):
            await connection.fetchval("select $1::timestamp", NOON)
    finally:
        await connection.close()
