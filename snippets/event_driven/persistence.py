"""What the tables of this package hang on. In a service: its own `Base`."""

from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Collects the tables; migrations create them."""
