"""Broken: the env.py that `alembic init` writes, given the service's URL."""

from alembic import context
from sqlalchemy import MetaData, engine_from_config


def run_migrations(metadata: MetaData, url: str) -> None:
    context.config.set_main_option("sqlalchemy.url", url)
    engine = engine_from_config(
        context.config.get_section(context.config.config_ini_section, {})
    )
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()
