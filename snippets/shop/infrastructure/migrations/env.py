"""Alembic runs this file for each of its commands, by its path."""

from snippets.shop.infrastructure.migrate import migrate

migrate()
