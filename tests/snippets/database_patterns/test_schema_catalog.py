"""The schema in PostgreSQL's words: what differs is seen, whatever it is."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    Enum,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    create_engine,
    text,
)

from snippets.database_patterns import schema_catalog, schema_catalog_broken
from snippets.database_patterns.schema_catalog import drift, schema_of
from tests.support.twins import fix_and_twin

UNSEEN = "`alembic check` finds nothing to do; the first row with the new "


@pytest.fixture
def connection(postgres_url):
    engine = create_engine(
        postgres_url.replace("postgresql:", "postgresql+psycopg:")
    )
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def tables(*more, statuses=("new", "paid"), **defaults):
    """Models as they are, or with a change."""
    metadata = MetaData()
    Table("owners", metadata, Column("id", Integer, primary_key=True))
    Table(
        "parcels",
        metadata,
        Column("id", Integer, Identity(), primary_key=True),
        Column("owner_id", ForeignKey("owners.id")),
        Column("status", Enum(*statuses, name="parcel_status")),
        Column("grams", Integer, nullable=False, **defaults),
        Column("price", Numeric(18, 3)),
        *more,
    )
    return metadata


@fix_and_twin(
    "module",
    schema_catalog,
    schema_catalog_broken,
    UNSEEN + "status fails in production.",
)
def test_a_new_value_of_an_enum_is_seen(connection, module):
    tables().create_all(connection)
    assert module.drift(connection, tables(statuses=("new", "paid", "sent")))


@fix_and_twin(
    "module",
    schema_catalog,
    schema_catalog_broken,
    "A CHECK that only the models have is missed by `alembic check`, and the "
    "database takes what it should refuse.",
)
def test_a_new_check_is_seen(connection, module):
    tables().create_all(connection)
    heavy = CheckConstraint("grams > 0", "ck_parcels_grams")
    assert module.drift(connection, tables(heavy))


@fix_and_twin(
    "module",
    schema_catalog,
    schema_catalog_broken,
    "`alembic check` misses a changed server default; new rows have the old "
    "one.",
)
def test_a_new_default_is_seen(connection, module):
    tables(server_default="1").create_all(connection)
    assert module.drift(connection, tables(server_default="2"))


def test_alembics_plugin_sees_a_check_by_name_and_drops_one_without(connection):
    tables(CheckConstraint("grams > 0")).create_all(connection)
    light = CheckConstraint("grams < 9000", "ck_parcels_light")
    context = MigrationContext.configure(
        connection,
        opts={
            "autogenerate_plugins": [
                "alembic.autogenerate.*",
                "alembic.ext.checkconstraint_byname",
            ]
        },
    )
    models = tables(CheckConstraint("grams > 0"), light)
    assert {
        (kind, constraint.name)
        for kind, constraint in compare_metadata(context, models)
    } == {
        ("add_constraint", "ck_parcels_light"),
        ("remove_constraint", "parcels_grams_check"),
    }


@pytest.mark.parametrize("module", [schema_catalog, schema_catalog_broken])
def test_what_is_the_same_is_no_drift_and_a_column_is(connection, module):
    tables().create_all(connection)
    assert module.drift(connection, tables()) == []
    assert module.drift(connection, tables(Column("note", String)))


@pytest.mark.parametrize(
    "change",
    [
        "alter table parcels alter grams drop not null",
        "alter table parcels alter grams type bigint",
        "alter table parcels alter price type numeric(18, 2)",
        "alter table parcels alter grams set default 1",
        "alter table parcels alter id drop identity",
        "alter table parcels alter id set generated always",
        "alter table parcels add double int generated always as (grams * 2)",
        "alter table parcels drop constraint parcels_owner_id_fkey",
        "alter table parcels rename constraint parcels_pkey to key",
        "alter table parcels add constraint c check (grams > 0) not valid",
        "create index i on parcels (grams)",
        "create table boxes (id int)",
        "alter type parcel_status add value 'sent'",
        "alter type parcel_status rename to status_of_parcel",
        "create type size as enum ('s', 'm')",
        "create function f() returns int return 1",
        "drop table parcels cascade",
    ],
)
def test_whatever_changed_is_seen(connection, change):
    tables().create_all(connection)
    before = schema_of(connection)
    connection.execute(text(change))
    assert schema_of(connection) != before
    assert drift(connection, tables())


def test_other_words_for_the_same_are_no_difference(connection):
    tables(Index("i", "grams")).create_all(connection)
    before = schema_of(connection)
    connection.execute(text("drop index i"))
    connection.execute(
        text("create index i on public.parcels using btree (grams asc)")
    )
    connection.execute(
        text("alter table parcels alter price type decimal(18,3)")
    )
    assert schema_of(connection) == before


def test_a_body_and_a_trigger_belong_to_it(connection):
    tables().create_all(connection)
    define = (
        "create or replace function f() returns trigger language plpgsql"
        " as 'begin return {}; end'"
    )
    seen = {schema_of(connection)}
    for change in (
        define.format("new"),
        define.format("null"),
        "create trigger t before insert on parcels"
        " for each row execute function f()",
    ):
        connection.execute(text(change))
        seen.add(schema_of(connection))
    assert len(seen) == 4


def test_an_index_that_is_not_valid_is_another(connection):
    tables(Index("i", "grams")).create_all(connection)
    before = schema_of(connection)
    connection.execute(
        text(
            "update pg_index set indisvalid = false"
            " where indexrelid = 'i'::regclass"
        )
    )
    assert list(schema_of(connection) - before) == [
        "CREATE INDEX i ON parcels USING btree (grams) INVALID"
    ]


def test_a_column_that_was_dropped_is_gone(connection):
    tables(Column("note", String)).create_all(connection)
    connection.execute(text("alter table parcels drop note"))
    assert drift(connection, tables()) == []


def test_alembics_own_table_is_none_of_ours(connection):
    connection.execute(text("create table alembic_version (version_num text)"))
    assert schema_of(connection) == frozenset()


def test_it_says_on_which_side_and_leaves_nothing(connection):
    tables().create_all(connection)
    wanted = tables(Column("twice", Integer, Computed("grams * 2")))
    connection.execute(text("alter table parcels add note text"))

    assert drift(connection, wanted) == [
        "only in the models: column parcels.twice integer"
        " default (grams * 2) generated v",
        "only migrated: column parcels.note text",
    ]
    assert connection.scalar(text("select current_schema()")) == "public"
    assert connection.scalar(text("select to_regnamespace('drift')")) is None


def test_the_schema_may_have_any_name(connection):
    metadata = MetaData()
    Table("Order", metadata, Column("Id", Integer, primary_key=True))
    connection.execute(text('create schema "Second Shop"'))
    connection.execute(text('set local search_path to "Second Shop"'))
    metadata.create_all(connection)
    assert drift(connection, metadata) == []
    connection.execute(text('alter table "Order" add more int'))
    assert drift(connection, metadata) == [
        "only migrated: column Order.more integer"
    ]


def test_partitions_come_and_go_and_are_no_drift(connection):
    metadata = MetaData()
    Table(
        "views",
        metadata,
        Column("month", Integer, primary_key=True),
        postgresql_partition_by="RANGE (month)",
    )
    metadata.create_all(connection)
    connection.execute(
        text(
            "create table views_1 partition of views for values from (1) to (2)"
        )
    )
    assert drift(connection, metadata) == []
    connection.execute(text("alter table views add more int"))
    assert drift(connection, metadata) == [
        "only migrated: column views.more integer"
    ]
