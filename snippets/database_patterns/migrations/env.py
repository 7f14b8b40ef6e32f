"""Alembic runs this file for each of its commands.

By its path, not as part of a package: so it imports by full names.
"""

import os

from snippets.database_patterns.delivery_addresses import DeliveryAddressRow
from snippets.database_patterns.migration_env import run_migrations

run_migrations(DeliveryAddressRow.metadata, os.getenv("DATABASE_URL", ""))
