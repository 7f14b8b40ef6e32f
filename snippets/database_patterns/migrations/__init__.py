"""The history of the database, which Alembic plays."""
