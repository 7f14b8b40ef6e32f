"""Alembic's environment: settings, transactions, retries, SQL to read."""

import logging
import re
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError, IntegrityError, MissingGreenlet

from snippets.database_patterns import migration_env, safe_ddl
from tests.snippets.database_patterns.migrating import (
    ADDRESSES,
    History,
    rewritten,
)
from tests.support.twins import fix_and_twin


@pytest.fixture
def history(postgres_url):
    return History(postgres_url)


@fix_and_twin(
    "env",
    "migration_env",
    "migration_env_settings_broken",
    "Alembic says that the upgrade ran and ends with 0; nothing was migrated.",
)
def test_what_alembic_says_it_ran_is_there(tmp_path, postgres_url, env):
    history = rewritten(tmp_path / "migrations", postgres_url, env=env)
    history.upgrade("0003")
    assert history.revision == ["0003"]


def test_a_transaction_that_is_open_already_is_enough_to_look(
    tmp_path, history
):
    history.upgrade("0003")
    env = "migration_env_settings_broken"
    looking = rewritten(tmp_path / "migrations", history.url, env=env)
    with looking.setting():
        command.current(looking.config)
    assert looking.printed.getvalue() == "0003\n"


@pytest.mark.filterwarnings("ignore:coroutine 'connect' was never awaited")
@fix_and_twin(
    "env",
    "migration_env",
    "migration_env_sync_broken",
    "The first migration with the service's asyncpg URL is a MissingGreenlet.",
    raises=MissingGreenlet,
)
def test_it_takes_the_url_of_the_service(tmp_path, asyncpg_url, env):
    history = rewritten(tmp_path / "migrations", asyncpg_url, env=env)
    history.upgrade("0001")


@fix_and_twin(
    "env",
    "migration_env",
    "migration_env_sync_broken",
    "A password with a percent sign is invalid interpolation syntax.",
    raises=ValueError,
    match="invalid interpolation syntax",
)
def test_a_url_may_hold_a_percent_sign(tmp_path, postgres_url, env):
    url = f"{postgres_url}?application_name=shop%20migrations"
    rewritten(tmp_path / "migrations", url, env=env).upgrade("0001")


def test_the_synchronous_one_works_with_a_synchronous_driver(
    tmp_path, postgres_url
):
    folder, env = tmp_path / "migrations", "migration_env_sync_broken"
    history = rewritten(folder, postgres_url, env=env)
    history.upgrade()
    assert history.revision == ["0008"]


def test_what_was_done_before_a_failure_stays_done(history):
    history.upgrade("0004")
    history.sql(ADDRESSES, 3)

    with pytest.raises(IntegrityError, match="is violated by some row"):
        history.upgrade()

    assert history.revision == ["0006"]
    history.sql("update delivery_addresses set postal_code = zip")
    history.upgrade()
    assert history.revision == ["0008"]


def test_a_migration_that_gets_no_lock_is_tried_again(history, monkeypatch):
    history.upgrade("0001")
    monkeypatch.setattr(safe_ddl, "LOCK_TIMEOUT", "50ms")
    pauses = []

    with psycopg.connect(history.url) as reader:
        reader.execute("select from delivery_addresses")

        async def until_it_is_worth_it(pause):
            pauses.append(pause)
            if len(pauses) == 3:
                reader.commit()

        monkeypatch.setattr(
            safe_ddl, "asyncio", SimpleNamespace(sleep=until_it_is_worth_it)
        )
        history.upgrade()

    assert pauses == [1, 2, 4]
    assert history.revision == ["0008"]


def test_after_the_last_pause_it_gives_up(history, monkeypatch):
    history.upgrade("0001")
    monkeypatch.setattr(safe_ddl, "LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(migration_env.run_migrations, "__defaults__", ((),))

    with psycopg.connect(history.url) as reader:
        reader.execute("select from delivery_addresses")
        with pytest.raises(DBAPIError, match="lock timeout"):
            history.upgrade()

    assert history.revision == ["0001"]


def test_the_sql_to_read_makes_the_same_schema(history, databases):
    history.upgrade(sql=True)
    printed = history.printed.getvalue()
    assert printed.startswith("SET lock_timeout = '2s';\n")

    with databases.empty() as url:
        by_hand = History(url)
        with by_hand.connect() as connection:
            statements = printed.replace("$$;", "$$ ;;").split(";\n\n")
            for statement in statements:
                if statement.strip():
                    connection.execute(statement)
        assert by_hand.revision == ["0008"]
        history.upgrade()
        assert by_hand.schema() == history.schema()


def test_offline_it_needs_no_url():
    history = History("")
    history.upgrade("0001", sql=True)
    assert "CREATE TABLE delivery_addresses" in history.printed.getvalue()


def test_online_it_needs_one():
    with pytest.raises(ValueError, match="starts with postgresql://"):
        History("").upgrade()


def test_loggers_of_the_process_go_on(history):
    logger = logging.getLogger("snippets.shop")
    history.upgrade("0001")
    assert not logger.disabled


def test_autogenerate_sees_a_default_and_drops_nothing_of_others(
    tmp_path, postgres_url
):
    history = rewritten(tmp_path / "migrations", postgres_url)
    history.upgrade()
    history.sql("create table ledger (id int)")
    history.sql("alter table delivery_addresses alter country set default 'FR'")

    with history.setting():
        made = command.revision(
            history.config, autogenerate=True, rev_id="0009"
        )

    text = Path(made.path).read_text()
    assert (
        re.findall(r"op\.(\w+)\(\W*delivery_addresses", text)
        == ["alter_column"] * 2
    )
    assert "ledger" not in text


def test_a_new_revision_is_a_module_of_that_name(tmp_path, postgres_url):
    history = rewritten(tmp_path / "migrations", postgres_url)
    command.revision(history.config, "weight of parcels", rev_id="0009")

    made = history.folder / "versions" / "r0009_weight_of_parcels.py"
    compile(made.read_text(), made, "exec")
    (revision, *_) = ScriptDirectory.from_config(
        history.config
    ).walk_revisions()
    assert (revision.revision, revision.down_revision) == ("0009", "0008")
