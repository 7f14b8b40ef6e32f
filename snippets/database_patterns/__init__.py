"""Database patterns: PostgreSQL through SQLAlchemy, under load and change."""
