"""A database is empty when a test gets it, whatever an earlier one did."""

import psycopg
import pytest

from tests.support.databases import Databases


@pytest.fixture
def own(postgres_server):
    databases = Databases(postgres_server)
    yield databases
    databases.close()


@pytest.fixture
def database_oid(own):
    """Which database a block gets, whatever its name."""

    def after(*statements):
        with (
            own.empty() as url,
            psycopg.connect(url, autocommit=True) as connection,
        ):
            for statement in statements:
                connection.execute(statement)
            return connection.execute(
                "select oid from pg_database where datname = current_database()"
            ).fetchone()[0]

    return after


CLEARED = [
    "create table orders (id serial primary key, total numeric not null)",
    "create temporary table basket (id int)",
    "create function f() returns int language sql as 'select 1'",
    "create type status as enum ('pending', 'paid')",
    "create extension citext",
    "select pg_advisory_lock(1)",
    "set search_path to pg_catalog",
]
KEPT = [
    "create schema dbos",
    "create publication changes for all tables",
    "select lo_create(0)",
    "alter default privileges grant select on tables to public",
    "do $$ begin execute format("
    "'revoke connect on database %I from public', current_database()); end $$",
    "do $$ begin execute format("
    "'alter database %I set timezone to ''UTC''', current_database()); end $$",
]


@pytest.mark.parametrize("statement", CLEARED)
def test_what_can_be_cleared_leaves_the_database_to_the_next(
    database_oid, own, statement
):
    first = database_oid(statement)
    assert database_oid() == first
    with own.empty() as url, psycopg.connect(url) as connection:
        nothing = connection.execute(
            "select relname from pg_class where relnamespace = "
            "'public'::regnamespace"
        )
        assert nothing.fetchall() == []


@pytest.mark.parametrize("statement", KEPT)
def test_what_cannot_gets_the_next_a_new_one(database_oid, statement):
    first = database_oid(statement)
    assert database_oid() != first


def test_no_name_is_given_out_twice(own):
    names = []
    for _ in range(3):
        with own.empty() as url:
            names.append(url)
    assert len({*names}) == 3


def test_a_session_that_was_left_open_is_ended(own):
    with own.empty() as url:
        left_open = psycopg.connect(url)
        left_open.execute("create table orders (id int)")
    with own.empty() as url, psycopg.connect(url) as connection:
        connection.execute("create table orders (id int)")
    with pytest.raises(psycopg.OperationalError):
        left_open.execute("select 1")
    left_open.close()


def test_at_the_end_nothing_is_kept(postgres_server):
    databases = Databases(postgres_server)
    with databases.empty() as url:
        pass
    databases.close()
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(databases.url(url.rpartition("/")[2]))


def test_public_is_as_in_a_new_database(own, postgres_server):
    asked = (
        "select pg_get_userbyid(nspowner), nspacl::text from pg_namespace "
        "where nspname = 'public'"
    )
    found = []
    for _ in range(2):
        with own.empty() as url, psycopg.connect(url) as connection:
            found.append(connection.execute(asked).fetchone())
    assert found[0] == found[1]
