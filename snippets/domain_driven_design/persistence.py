"""What all tables of a service hang on, those of every topic included."""

from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Collects the tables; migrations create them."""
