"""Empty databases on the shared server, one for each test.

To create one takes longer than most tests. So a database that can be proven to
be as empty as a new one is given out again, under another name.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
from psycopg import Connection, sql

LEVELS = ("REPEATABLE READ", "SERIALIZABLE", "AUTOCOMMIT")  # not the default

UNSTORABLE = ("TEA\0", "\ud800", "TEA\udfff")  # texts that PostgreSQL has not

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
# What users make has an OID of 16384 (FirstNormalObjectId) or more, in whatever
# catalog of the database. Each catalog becomes a query that finds such.
USERS_OBJECTS = """
select format(
    'select %L, oid::text from %s where oid >= 16384', relname, c.oid::regclass
)
from pg_class c join pg_attribute a on attrelid = c.oid
where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r'
    and not relisshared and attname = 'oid'
"""
SETTINGS = """
select 'setting', setconfig::text from pg_db_role_setting
join pg_database d on d.oid = setdatabase where datname = current_database()
union all
select 'slot', slot_name from pg_replication_slots
where database = current_database()
union all
select 'right', datacl::text from pg_database
where datname = current_database()
    and (datacl is not null or datconnlimit <> -1)
"""
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
        catalogs = connection.execute(USERS_OBJECTS).fetchall()
        everything = " union all ".join(
            [*(query for (query,) in catalogs), SETTINGS]
        )
        return not connection.execute(
            f"{everything} except {PUBLIC}"
        ).fetchall()
