"""Changes of a table that is in use: who waits for whom, and what is left."""

import json
import subprocess
import sys
import threading
from importlib.metadata import version
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from snippets.database_patterns import safe_ddl, safe_ddl_timeout_broken
from snippets.database_patterns.safe_ddl import retry_when_locked
from tests.snippets.database_patterns.migrating import (
    ADDRESSES,
    History,
    rewritten,
)
from tests.support.twins import fix_and_twin
from tests.support.until import until

ALTER = "ALTER TABLE delivery_addresses ADD note text"
READ = "select from delivery_addresses"
INDEX = "r0004_unique_label"
IMPATIENT = "set statement_timeout = '3s'"
ADDRESS = """
insert into delivery_addresses (customer_id, label, recipient, zip)
values ('00000000-0000-0000-0000-000000000001', %s, 'Ada', '10115')
"""
# CREATE INDEX takes until this lock is free, as if the table were large.
LARGE_TABLE = """
create function build() returns event_trigger language plpgsql as $$
begin
    while not pg_try_advisory_xact_lock_shared(7) loop
        perform pg_sleep(0.01);
    end loop;
end $$;
create event trigger build on ddl_command_end when tag in ('CREATE INDEX')
    execute function build();
"""
BUILDING = "select pid from pg_stat_activity where wait_event = 'PgSleep'"


@pytest.fixture
def history(postgres_url):
    return History(postgres_url)


def served(connection, statement, *values):
    """Whether a customer, who leaves after three seconds, is served."""
    connection.execute(IMPATIENT)
    try:
        connection.execute(statement, values or None)
    except psycopg.errors.QueryCanceled:
        return False
    return True


class Altering:
    """A migration in a thread; what it raised, or None, once it has ended."""

    def __init__(self, url, limit_lock_waits):
        self.engine = create_engine(
            url.replace("postgresql:", "postgresql+psycopg:")
        )
        self.limit = limit_lock_waits
        self.raised = None
        self.thread = threading.Thread(target=self.run)

    def run(self):
        try:
            with self.engine.connect() as connection:
                self.limit(connection)
                connection.execute(text(ALTER))
                connection.commit()
        except DBAPIError as error:
            self.raised = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join()
        self.engine.dispose()


@fix_and_twin(
    "module",
    safe_ddl,
    safe_ddl_timeout_broken,
    "While ALTER TABLE waits for one long read, nobody else can read: the "
    "shop stands still.",
)
def test_while_a_migration_waits_the_others_are_served(
    history, monkeypatch, module
):
    monkeypatch.setattr(safe_ddl, "LOCK_TIMEOUT", "500ms")
    history.upgrade("0001")
    with history.connect() as customer, psycopg.connect(history.url) as report:
        report.execute(READ)
        with Altering(history.url, module.limit_lock_waits) as altering:
            history.until_waiting()
            was_served = served(customer, READ)
            report.rollback()
    assert was_served
    assert "lock timeout" in str(altering.raised)


def test_the_queue_is_seen_by_who_blocks_whom(history):
    history.upgrade("0001")
    with psycopg.connect(history.url) as report:
        report.execute(READ)
        limit = safe_ddl_timeout_broken.limit_lock_waits
        with Altering(history.url, limit):
            (migration,) = history.until_waiting()
            with history.connect() as customer:
                reading = threading.Thread(target=customer.execute, args=[READ])
                reading.start()
                waiting = history.until_waiting(2)
                assert set(waiting) == {migration, customer.info.backend_pid}
                blocks = "select pg_blocking_pids(%s)"
                assert history.sql(blocks, migration) == [
                    [report.info.backend_pid]
                ]
                assert history.sql(blocks, customer.info.backend_pid) == [
                    [migration]
                ]
                report.rollback()
                reading.join()


@pytest.mark.parametrize(
    "module", [safe_ddl, safe_ddl_timeout_broken], ids=["fix", "broken"]
)
def test_of_a_table_that_nobody_uses_it_is_done_at_once(history, module):
    history.upgrade("0001")
    with Altering(history.url, module.limit_lock_waits) as altering:
        pass
    assert altering.raised is None


@fix_and_twin(
    "revisions",
    {},
    {INDEX: "safe_ddl_broken"},
    "Nobody can save an address for as long as the index is built.",
)
def test_while_an_index_is_built_customers_write(
    tmp_path, postgres_url, revisions
):
    history = rewritten(tmp_path / "m", postgres_url, revisions=revisions)
    history.upgrade("0003")
    history.sql(LARGE_TABLE)
    building = threading.Thread(target=history.upgrade, args=["0004"])
    with history.connect() as customer, history.connect() as size:
        size.execute("select pg_advisory_lock(7)")
        building.start()
        until(lambda: history.sql(BUILDING))
        was_served = served(customer, ADDRESS, "home")
        size.execute("select pg_advisory_unlock(7)")
        building.join()
    assert was_served
    assert history.revision == ["0004"]


@fix_and_twin(
    "revisions",
    {},
    {INDEX: "safe_ddl_again_broken"},
    "The second run says success; the index is invalid and takes duplicates.",
)
def test_an_index_that_failed_is_built_by_the_next_run(
    tmp_path, postgres_url, revisions
):
    history = rewritten(tmp_path / "m", postgres_url, revisions=revisions)
    history.upgrade("0003")
    history.sql(ADDRESS, "home")
    history.sql(ADDRESS, "home")
    with pytest.raises(IntegrityError, match="could not create unique index"):
        history.upgrade("0004")
    history.sql("delete from delivery_addresses where id = 2")

    history.upgrade("0004")

    try:
        history.sql(ADDRESS, "home")
    except psycopg.errors.UniqueViolation:
        refused = True
    else:
        refused = False
    assert refused
    assert history.sql(
        "select indisvalid from pg_index"
        " where indexrelid = 'uq_delivery_addresses_label'::regclass"
    ) == [True]


@pytest.mark.parametrize("twin", ["safe_ddl_broken", "safe_ddl_again_broken"])
def test_of_a_small_table_that_is_in_order_any_revision_will_do(
    tmp_path, postgres_url, twin
):
    history = rewritten(tmp_path / "m", postgres_url, revisions={INDEX: twin})
    history.upgrade("0004")
    before = history.schema()
    history.downgrade("0003")
    history.upgrade("0004")
    assert history.schema() == before


def test_what_runs_concurrently_is_not_cut_off(history, monkeypatch):
    monkeypatch.setattr(safe_ddl, "LOCK_TIMEOUT", "50ms")
    history.upgrade("0003")
    with psycopg.connect(history.url) as writer:
        writer.execute(ADDRESS, ["home"])
        building = threading.Thread(target=history.upgrade, args=["0004"])
        building.start()
        history.until_waiting()
        history.sql("select pg_sleep(0.2)")
        assert history.until_waiting()
        writer.commit()
        building.join()
    assert "INVALID" not in "".join(history.schema())


def test_with_the_timeout_it_would_leave_an_invalid_index(history):
    history.upgrade("0003")
    with psycopg.connect(history.url) as writer, history.connect() as migrator:
        writer.execute(ADDRESS, ["home"])
        migrator.execute("set lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            migrator.execute(
                "create index concurrently i on delivery_addresses (label)"
            )
    assert "INVALID" in "".join(history.schema())


def failing(*sqlstates):
    """Fails once with each, and then does not."""
    calls = []

    async def attempt():
        calls.append(None)
        if len(calls) <= len(sqlstates):
            error = Exception()
            error.sqlstate = sqlstates[len(calls) - 1]
            raise DBAPIError("ALTER", {}, error)

    return attempt, calls


@pytest.mark.parametrize("failures", [0, 1, 2])
async def test_it_is_tried_again_while_locks_are_not_to_be_had(failures):
    attempt, calls = failing(*["55P03"] * failures)
    await retry_when_locked(attempt, [0, 0])
    assert len(calls) == failures + 1


@pytest.mark.parametrize(
    ("sqlstates", "attempts"), [(["55P03"] * 3, 3), (["42P07"], 1), ([None], 1)]
)
async def test_it_gives_up(sqlstates, attempts):
    attempt, calls = failing(*sqlstates)
    with pytest.raises(DBAPIError):
        await retry_when_locked(attempt, [0, 0])
    assert len(calls) == attempts


def squawk(tmp_path, history, revisions):
    """The rules that squawk finds broken, of those that are about locks."""
    history.upgrade(revisions, sql=True)
    script = tmp_path / "migration.sql"
    script.write_text(history.printed.getvalue())
    found = subprocess.run(
        [
            Path(sys.executable).with_name("squawk"),
            "--reporter=json",
            "--pg-version=18",
            "--exclude=require-statement-timeout,prefer-robust-stmts",
            script,
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    return {each["rule_name"] for each in json.loads(found.stdout)}


def test_squawk_would_have_said_so(tmp_path, postgres_url):
    assert version("squawk-cli") >= "2.70"
    twin = {INDEX: "safe_ddl_broken"}
    broken = rewritten(tmp_path / "m", postgres_url, revisions=twin)
    assert squawk(tmp_path, broken, "0003:0004") == {
        "changing-column-type",
        "constraint-missing-not-valid",
        "prefer-text-field",
        "require-concurrent-index-creation",
    }
    assert squawk(tmp_path, History(""), "0001:0004") == set()


TABLE = """
create table parcels (
    id int primary key, grams int, code varchar(10), note text,
    price numeric(18, 3), sent timestamp
);
insert into parcels (id) select generate_series(1, 10)
"""


@pytest.mark.parametrize(
    ("change", "is_written_anew"),
    [
        ("add a int not null default 7", False),
        ("add a timestamptz not null default now()", False),
        ("add a uuid not null default gen_random_uuid()", True),
        ("add a timestamptz not null default clock_timestamp()", True),
        ("add a int generated always as identity", True),
        ("add a int generated always as (grams * 2) stored", True),
        ("add a int generated always as (grams * 2) virtual", False),
        ("alter id type bigint", True),
        ("alter code type varchar(20)", False),
        ("alter code type text", False),
        ("alter note type varchar(20)", True),
        ("alter price type numeric(20, 3)", False),
        ("alter price type numeric(20, 4)", True),
        ("alter sent type timestamptz", True),
    ],
)
def test_some_changes_write_the_table_anew(history, change, is_written_anew):
    history.sql(TABLE)
    file = "select pg_relation_filenode('parcels')"
    before = history.sql(file)
    in_zone = "set timezone to 'Europe/Berlin'"
    history.sql(f"{in_zone}; alter table parcels {change}")
    assert (history.sql(file) != before) is is_written_anew


def test_a_proven_check_spares_not_null_the_reading(history):
    history.sql(TABLE)
    history.sql("update parcels set grams = 1")
    said = []
    with history.connect() as connection:
        connection.add_notice_handler(
            lambda notice: said.append(notice.message_primary)
        )
        connection.execute("set client_min_messages = debug1")
        for statement in (
            "add constraint c check (grams is not null) not valid",
            "validate constraint c",
            "alter grams set not null",
        ):
            said.clear()
            connection.execute(f"alter table parcels {statement}")
    assert any("sufficient to prove" in each for each in said)


def test_postgresql_18_has_a_not_null_that_is_not_valid(history):
    history.sql(TABLE)
    history.sql("alter table parcels add constraint c not null grams not valid")
    with pytest.raises(psycopg.errors.NotNullViolation):
        history.sql("insert into parcels (id) values (0)")
    history.sql("update parcels set grams = 1")
    history.sql("alter table parcels validate constraint c")


@pytest.mark.parametrize(
    ("statement", "mode"),
    [
        ("add a int", "AccessExclusiveLock"),
        ("add check (grams > 0) not valid", "AccessExclusiveLock"),
        ("add foreign key (grams) references boxes not valid",
         "ShareRowExclusiveLock"),
        ("validate constraint old", "ShareUpdateExclusiveLock"),
    ],
)  # fmt: skip
def test_what_is_locked_and_how(history, statement, mode):
    history.sql("create table boxes (id int primary key)")
    history.sql(TABLE)
    history.sql(
        "alter table parcels add constraint old check (id > 0) not valid"
    )
    with psycopg.connect(history.url) as connection:
        connection.execute(f"alter table parcels {statement}")
        held = connection.execute(
            "select mode from pg_locks where relation = 'parcels'::regclass"
        )
        assert mode in {name for (name,) in held}
        connection.rollback()


def test_several_addresses_of_a_customer_have_several_names(history):
    history.upgrade("0004")
    history.sql(ADDRESSES, 3)
    history.sql(ADDRESS, "home")
    history.sql(ADDRESS, "office")
    with pytest.raises(psycopg.errors.UniqueViolation):
        history.sql(ADDRESS, "home")
