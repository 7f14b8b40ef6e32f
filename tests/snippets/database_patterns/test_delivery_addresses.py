"""Two releases on one schema: what each can still do after each revision."""

import random
from contextlib import contextmanager
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from snippets.database_patterns.delivery_addresses import (
    AddressKind,
    DeliveryAddressRow,
)
from tests.snippets.database_patterns.migrating import (
    ADDRESSES,
    History,
    rewritten,
)
from tests.snippets.database_patterns.old_release import OldDeliveryAddressRow
from tests.support.twins import fix_and_twin

OLD, NEW = OldDeliveryAddressRow, DeliveryAddressRow
COLUMN = {OLD: "zip", NEW: "postal_code"}
NEXT = "r0005_postal_code"


@contextmanager
def session(history):
    engine = create_engine(
        history.url.replace("postgresql:", "postgresql+psycopg:")
    )
    try:
        with Session(engine) as session, session.begin():
            yield session
    finally:
        engine.dispose()


def write(history, release, code):
    row = release(
        customer_id=uuid4(),
        label="home",
        recipient="Ada",
        **{COLUMN[release]: code},
    )
    with session(history) as work:
        work.add(row)
        work.flush()
        return row.id


def change(history, release, key, **values):
    with session(history) as work:
        row = work.get_one(release, key)
        for name, value in values.items():
            setattr(row, name, value)


def code(history, release, key):
    with session(history) as work:
        return getattr(work.get_one(release, key), COLUMN[release])


def works(history, release):
    """Whether the release can do all that it does."""
    try:
        key = write(history, release, "10115")
        change(history, release, key, **{COLUMN[release]: "10117"})
        return code(history, release, key) == "10117"
    except DBAPIError:
        return False


def backfilled(history):
    history.sql(
        "update delivery_addresses set postal_code = zip"
        " where postal_code is null"
    )


@pytest.mark.parametrize(
    ("revision", "old", "new"),
    [
        ("0004", True, False),
        ("0005", True, True),
        ("0006", True, True),
        ("0007", True, True),
        ("0008", False, True),
    ],
)
def test_between_expand_and_contract_both_releases_work(
    postgres_url, revision, old, new
):
    history = History(postgres_url)
    history.upgrade(revision)
    assert (works(history, OLD), works(history, NEW)) == (old, new)


@fix_and_twin(
    "revisions",
    {},
    {NEXT: "delivery_addresses_rename_broken"},
    "Every query of the release that still runs fails: column zip does not "
    "exist.",
)
def test_the_old_release_goes_on_after_the_migration(
    tmp_path, postgres_url, revisions
):
    history = rewritten(tmp_path / "m", postgres_url, revisions=revisions)
    history.upgrade("0005")
    assert works(history, OLD)


@fix_and_twin(
    "revisions",
    {},
    {NEXT: "delivery_addresses_required_broken"},
    "The release that still runs can read, and not save one address more.",
)
def test_the_old_release_saves_after_the_migration(
    tmp_path, postgres_url, revisions
):
    history = rewritten(tmp_path / "m", postgres_url, revisions=revisions)
    history.upgrade("0005")
    assert works(history, OLD)


@pytest.mark.parametrize(
    "twin",
    ["delivery_addresses_rename_broken", "delivery_addresses_required_broken"],
)
def test_with_the_shop_closed_one_step_will_do(tmp_path, postgres_url, twin):
    history = rewritten(tmp_path / "m", postgres_url, revisions={NEXT: twin})
    history.upgrade("0004")
    history.sql(ADDRESSES, 1)
    history.upgrade("0005")
    codes = "select postal_code from delivery_addresses"
    assert history.sql(codes) == ["00001"]
    history.downgrade("0004")
    assert works(history, OLD)


def test_what_one_release_writes_the_other_reads(postgres_url):
    history = History(postgres_url)
    history.upgrade("0005")
    for writer, reader in ((OLD, NEW), (NEW, OLD)):
        key = write(history, writer, "10115")
        assert code(history, reader, key) == "10115"
        change(history, writer, key, **{COLUMN[writer]: "10117"})
        assert code(history, reader, key) == "10117"
        change(history, reader, key, **{COLUMN[reader]: "10119"})
        assert code(history, writer, key) == "10119"


def test_a_row_of_before_is_filled_when_somebody_writes_it(postgres_url):
    history = History(postgres_url)
    history.upgrade("0004")
    history.sql(ADDRESSES, 1)
    history.upgrade("0005")
    assert code(history, NEW, 1) is None
    change(history, OLD, 1, recipient="Grace")
    assert code(history, NEW, 1) == "00001"


def test_a_row_of_before_takes_the_new_releases_code(postgres_url):
    history = History(postgres_url)
    history.upgrade("0004")
    history.sql(ADDRESSES, 1)
    history.upgrade("0005")
    change(history, NEW, 1, postal_code="20095")
    assert code(history, OLD, 1) == "20095"


def test_the_switch_waits_for_the_backfill(postgres_url):
    history = History(postgres_url)
    history.upgrade("0004")
    history.sql(ADDRESSES, 2)
    history.upgrade("0006")
    with pytest.raises(DBAPIError, match="violated by some row"):
        history.upgrade("0007")
    assert works(history, OLD)
    assert works(history, NEW)
    backfilled(history)
    history.upgrade("0007")
    assert history.revision == ["0007"]


@pytest.mark.parametrize("revision", ["0005", "0007"])
def test_each_release_can_be_rolled_back_to_the_one_before(
    postgres_url, revision
):
    history = History(postgres_url)
    history.upgrade("0004")
    history.sql(ADDRESSES, 2)
    history.upgrade("0005")
    backfilled(history)
    history.upgrade(revision)
    key = write(history, NEW, "10115")
    history.downgrade("0004")
    assert works(history, OLD)
    assert code(history, OLD, key) == "10115"


def test_the_contract_can_be_taken_back_with_all_values(postgres_url):
    history = History(postgres_url)
    history.upgrade()
    key = write(history, NEW, "10115")
    history.downgrade("0007")
    assert code(history, OLD, key) == "10115"
    assert works(history, OLD)
    assert works(history, NEW)


def test_what_the_model_says_is_what_comes_back(postgres_url):
    history = History(postgres_url)
    history.upgrade()
    key = write(history, NEW, "10115")
    with session(history) as work:
        row = work.scalars(select(NEW)).one()
        assert (row.id, row.kind, row.country) == (key, AddressKind.HOME, "DE")
        assert inspect(row).persistent


def test_whoever_writes_last_both_releases_agree(postgres_url):
    """Two hundred changes, by either release, of rows old and new."""
    history = History(postgres_url)
    history.upgrade("0004")
    history.sql(ADDRESSES, 5)
    history.upgrade("0005")
    dice = random.Random(7)  # noqa: S311 - no secret
    expected = {key: f"{key:05}" for key in range(1, 6)}
    engine = create_engine(
        history.url.replace("postgresql:", "postgresql+psycopg:")
    )
    with Session(engine) as work:
        for turn in range(200):
            release = dice.choice([OLD, NEW])
            key = dice.choice(list(expected))
            row = work.get_one(release, key, populate_existing=True)
            what = dice.choice(["code", "recipient", "insert"])
            if what == "code":
                expected[key] = dice.choice(["10115", f"{turn:05}"])
                setattr(row, COLUMN[release], expected[key])
            elif what == "recipient":
                row.recipient = f"{turn}"
            else:
                new = release(
                    customer_id=uuid4(),
                    label="home",
                    recipient="Ada",
                    **{COLUMN[release]: f"{turn:05}"},
                )
                work.add(new)
                work.flush()
                expected[new.id] = f"{turn:05}"
            work.commit()
    engine.dispose()

    backfilled(history)
    with history.connect() as connection:
        found = connection.execute(
            "select id, zip, postal_code from delivery_addresses"
        ).fetchall()
    assert {key: (old, new) for key, old, new in found} == {
        key: (code, code) for key, code in expected.items()
    }
