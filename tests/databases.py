"""Empty databases on the shared server, one for each test.

To create one takes longer than most tests. So a database that can be proven to
be as empty as a new one is given out again, under another name.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
from psycopg import Connection, sql

END_OTHER_SESSIONS = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""
DROP = "drop database {} with (force)"
EMPTY = """
drop schema if exists public cascade;
create schema public authorization pg_database_owner;
grant usage on schema public to public;
"""
FIRST_OID_OF_USERS = 16384  # PostgreSQL's FirstNormalObjectId
CATALOGS = (
    "pg_am",
    "pg_cast",
    "pg_class",
    "pg_collation",
    "pg_conversion",
    "pg_event_trigger",
    "pg_extension",
    "pg_foreign_data_wrapper",
    "pg_foreign_server",
    "pg_language",
    "pg_largeobject_metadata",
    "pg_namespace",
    "pg_opclass",
    "pg_operator",
    "pg_opfamily",
    "pg_proc",
    "pg_publication",
    "pg_statistic_ext",
    "pg_transform",
    "pg_ts_config",
    "pg_ts_dict",
    "pg_type",
)
LEFT_OVER = "\nunion all\n".join(
    [
        *(
            f"select '{catalog}', oid::text from {catalog} "
            f"where oid >= {FIRST_OID_OF_USERS}"
            for catalog in CATALOGS
        ),
        "select 'setting', setconfig::text from pg_db_role_setting "
        "join pg_database d on d.oid = setdatabase "
        "where datname = current_database()",
        "select 'slot', slot_name from pg_replication_slots "
        "where database = current_database()",
    ]
)
PUBLIC = """
select 'pg_namespace', oid::text from pg_namespace
where nspname = 'public' or nspname ~ '^pg_(toast_)?temp_'
"""


class Databases:
    """``postgresql://…`` of a server; drops at the end what it keeps."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._spare: list[str] = []

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The URL of an empty database that is yours for the block."""
        name = f"test_{uuid4().hex}"
        with psycopg.connect(self._server, autocommit=True) as admin:
            if self._spare:
                rename = "alter database {} rename to {}"
                execute(admin, rename, self._spare.pop(), name)
            else:
                execute(admin, "create database {}", name)
            yield self.url(name)
            if is_emptied(self.url(name)):
                self._spare.append(name)
            else:
                execute(admin, DROP, name)

    def url(self, name: str) -> str:
        return f"{self._server.rpartition('/')[0]}/{name}"

    def close(self) -> None:
        with psycopg.connect(self._server, autocommit=True) as admin:
            while self._spare:
                execute(admin, DROP, self._spare.pop())


def execute(admin: Connection, statement: str, *names: str) -> None:
    admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def is_emptied(url: str) -> bool:
    """Whether the database is now as good as a new one."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(END_OTHER_SESSIONS)
        connection.execute(EMPTY)
        left_over = connection.execute(f"{LEFT_OVER} except {PUBLIC}")
        return not left_over.fetchall()
