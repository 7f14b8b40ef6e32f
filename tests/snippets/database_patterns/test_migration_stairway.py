"""The stairway, and what falls down it."""

import textwrap

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, create_engine
from sqlalchemy.exc import ProgrammingError

from snippets.database_patterns.delivery_addresses import DeliveryAddressRow
from snippets.database_patterns.migration_stairway import stairway
from tests.snippets.database_patterns.migrating import (
    ADDRESSES,
    History,
    rewritten,
)
from tests.support.twins import fix_and_twin

FIRST = "r0001_delivery_addresses"
NEXT = "r0005_postal_code"


@fix_and_twin(
    "revisions",
    {},
    {FIRST: "migration_stairway_enum_broken"},
    "After a downgrade no upgrade works any more: the type exists already.",
    raises=ProgrammingError,
    match="already exists",
)
def test_after_a_downgrade_the_upgrade_works_again(
    tmp_path, postgres_url, revisions
):
    history = rewritten(tmp_path / "m", postgres_url, revisions=revisions)
    history.upgrade("0001")
    history.downgrade("base")
    history.upgrade("0001")


def test_the_stairway_names_what_a_downgrade_leaves(tmp_path, postgres_url):
    twin = {FIRST: "migration_stairway_enum_broken"}
    history = rewritten(tmp_path / "m", postgres_url, revisions=twin)
    with pytest.raises(
        AssertionError, match=r"0001 leaves: \['enum address_kind home, pick"
    ):
        stairway(history.config, history.schema)


@pytest.fixture(autouse=True)
def url_in_the_environment(monkeypatch, postgres_url):
    monkeypatch.setenv("DATABASE_URL", postgres_url)


def added(history: History, name: str, text: str) -> None:
    path = history.folder / "versions" / f"{name}.py"
    path.write_text(textwrap.dedent(text))


def test_two_heads_are_no_line(tmp_path, postgres_url):
    history = rewritten(tmp_path / "m", postgres_url)
    branch = "revision, down_revision = '{}', {}\ndef upgrade(): pass\n"
    added(history, "r0006_other", branch.format("0006b", "'0005'"))
    with pytest.raises(AssertionError, match=r"heads are .*'0006b'"):
        stairway(history.config, history.schema)

    added(history, "r0009_merge", branch.format("0009", "('0006b', '0008')"))
    with pytest.raises(AssertionError, match=r"heads are .'0009'."):
        stairway(history.config, history.schema)


def test_the_second_upgrade_leads_to_the_same(tmp_path, postgres_url):
    history = rewritten(tmp_path / "m", postgres_url)
    added(
        history,
        "r0009_luck",
        """
        from uuid import uuid4

        from alembic import op

        revision, down_revision = "0009", "0008"


        def upgrade():
            op.execute(f"create table luck (c_{uuid4().hex} int)")


        def downgrade():
            op.execute("drop table luck")
        """,
    )
    with pytest.raises(AssertionError, match="0009 differs"):
        stairway(history.config, history.schema)


@fix_and_twin(
    "revisions",
    {},
    {NEXT: "migration_stairway_rename_broken"},
    "The rename that autogenerate wrote drops the column with all its values.",
)
def test_no_value_is_lost_on_the_way(tmp_path, postgres_url, revisions):
    history = rewritten(tmp_path / "m", postgres_url, revisions=revisions)
    history.upgrade("0004")
    history.sql(ADDRESSES, 3)
    history.upgrade("0005")
    rows = history.sql("select d::text from delivery_addresses d order by id")
    assert ["0000" in row for row in rows] == [True] * 3


def test_autogenerate_sees_a_rename_as_two_changes(postgres_url):
    history = History(postgres_url)
    history.upgrade("0004")
    models = MetaData()
    DeliveryAddressRow.__table__.to_metadata(models)
    engine = create_engine(
        postgres_url.replace("postgresql:", "postgresql+psycopg:")
    )
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        found = [
            (kind, column.name)
            for kind, _, _, column in compare_metadata(context, models)
        ]
    engine.dispose()
    assert found == [("add_column", "postal_code"), ("remove_column", "zip")]


def test_of_an_empty_table_the_rename_costs_nothing(tmp_path, postgres_url):
    twin = {NEXT: "migration_stairway_rename_broken"}
    history = rewritten(tmp_path / "m", postgres_url, revisions=twin)
    for revision in ("0005", "0004", "0005"):
        (history.upgrade if revision == "0005" else history.downgrade)(revision)
    assert "postal_code" in "".join(history.schema())


def test_as_autogenerate_wrote_it_it_fails_where_there_are_rows(
    postgres_url,
):
    history = History(postgres_url)
    history.upgrade("0004")
    history.sql(ADDRESSES, 1)
    with pytest.raises(psycopg.errors.NotNullViolation):
        history.sql(
            "alter table delivery_addresses add postal_code text not null"
        )
