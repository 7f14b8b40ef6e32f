"""The history of the shop's tables, which Alembic plays."""
