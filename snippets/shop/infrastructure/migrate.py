"""Migrates the shop's database, which ``DATABASE_URL`` names."""

import os

from snippets.database_patterns.migration_env import run_migrations

from .tables import all_tables


def migrate() -> None:
    """For Alembic's env.py, which runs by its path, so that it is short.

    Raises:
        ValueError: no database is named; printing SQL needs none.
    """
    run_migrations(all_tables(), os.getenv("DATABASE_URL", ""))
