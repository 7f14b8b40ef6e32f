"""Broken: what `alembic check` compares, and nothing else."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData


def drift(connection: Connection, metadata: MetaData) -> list[str]:
    context = MigrationContext.configure(connection)
    return [str(each) for each in compare_metadata(context, metadata)]
