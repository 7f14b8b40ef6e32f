"""Broken: bounds how long a migration runs, not how long others wait for it."""

from sqlalchemy import Connection, event


def limit_lock_waits(connection: Connection) -> None:
    @event.listens_for(connection, "begin")
    def limit(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL statement_timeout = '1min'")
