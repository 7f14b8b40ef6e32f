"""The history of migrations on a test's database, and variants of it."""

import io
import os
import shutil
import subprocess
import sys
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from unittest import mock

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from guide.layout import ROOT
from snippets.database_patterns.schema_catalog import schema_of
from tests.support.process import running
from tests.support.until import until

INI = "snippets/database_patterns/migrations/alembic.ini"
# All that Alembic reads, so that a zip of these tests brings it along.
FILES = (
    INI,
    "snippets/database_patterns/migrations/env.py",
    "snippets/database_patterns/migrations/script.py.mako",
    "snippets/database_patterns/migrations/versions/r0001_delivery_addresses.py",
    "snippets/database_patterns/migrations/versions/r0002_country.py",
    "snippets/database_patterns/migrations/versions/r0003_validate_recipient.py",
    "snippets/database_patterns/migrations/versions/r0004_unique_label.py",
    "snippets/database_patterns/migrations/versions/r0005_expand_postal_code.py",
    "snippets/database_patterns/migrations/versions/r0006_require_postal_code.py",
    "snippets/database_patterns/migrations/versions/r0007_postal_code_not_null.py",
    "snippets/database_patterns/migrations/versions/r0008_contract_zip.py",
)
FOLDER = (ROOT / INI).parent
WAITING = """
select pid from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'
"""
# Those that PostgreSQL keeps waiting, and those that have asked for their turn.
MIGRATORS = """
select pid from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and (
    wait_event_type = 'Lock' or query ~ 'advisory_lock|^COMMIT'
)
"""
ADDRESSES = """
insert into delivery_addresses (customer_id, label, recipient, zip)
select gen_random_uuid(), 'home', 'Ada', lpad(n::text, 5, '0')
from generate_series(1, %s) n
"""


class History:
    """Alembic's commands on one database."""

    def __init__(self, url: str, folder: Path = FOLDER) -> None:
        self.url, self.folder = url, folder
        self.printed = io.StringIO()

    @property
    def config(self) -> Config:
        return Config(
            self.folder / "alembic.ini",
            stdout=self.printed,
            output_buffer=self.printed,
        )

    @property
    def head(self) -> str | None:
        return ScriptDirectory.from_config(self.config).get_current_head()

    @contextmanager
    def setting(self):
        with mock.patch.dict(os.environ, DATABASE_URL=self.url):
            yield

    def upgrade(self, revision: str = "head", **options) -> None:
        with self.setting():
            command.upgrade(self.config, revision, **options)

    def downgrade(self, revision: str) -> None:
        with self.setting():
            command.downgrade(self.config, revision)

    def check(self) -> None:
        """Raises where autogenerate has something to do."""
        with self.setting():
            command.check(self.config)

    def process(
        self, *words: str, **options
    ) -> AbstractContextManager[subprocess.Popen]:
        """``alembic`` with these words, as a deployment runs it."""
        ini = str(self.folder / "alembic.ini")
        return running(
            [sys.executable, "-m", "alembic", "-c", ini, *words],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": self.url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.url, autocommit=True)

    def sql(self, statement: str, *values) -> list:
        """The only or first column of what it gives."""
        with self.connect() as connection:
            cursor = connection.execute(statement, values or None)
            return [row[0] for row in cursor] if cursor.description else []

    @property
    def revision(self) -> list[str]:
        """Where the database stands."""
        if self.sql("select to_regclass('alembic_version')") == [None]:
            return []
        return self.sql("select version_num from alembic_version")

    def schema(self) -> frozenset[str]:
        engine = create_engine(
            self.url.replace("postgresql:", "postgresql+psycopg:")
        )
        with engine.connect() as connection:
            described = schema_of(connection)
        engine.dispose()
        return described

    def until_waiting(self, number: int = 1, query: str = WAITING) -> list[int]:
        """The sessions that wait, once there are so many."""

        def enough():
            found = self.sql(query)
            return found if len(found) >= number else None

        return until(enough)


def rewritten(
    to: Path,
    url: str,
    *,
    env: str = "",
    revisions: dict[str, str] | None = None,
) -> History:
    """A copy of the history whose env.py imports another module of the topic,
    or in which revisions are those of twins, by the names of modules.

    Of those that come after, none is left.
    """
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(FOLDER, to, ignore=ignored)
    if env:
        path = to / "env.py"
        text = path.read_text().replace("migration_env", env)
        path.write_text(text)
    for name, twin in (revisions or {}).items():
        for path in sorted((to / "versions").glob("r*.py")):
            if path.name[:5] >= name[:5]:
                path.unlink()
        (to / "versions" / f"{name}.py").write_text(
            f"from snippets.database_patterns.{twin} import *\n"
        )
    return History(url, to)
