"""Typed events: what handlers receive, at the current version."""

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Event(BaseModel):
    """Immutable. Unknown fields are ignored: publishers may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]


class OrderLine(BaseModel):
    """So many of one article."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sku: str
    quantity: int = Field(gt=0)


class OrderPlaced(Event):
    """A customer has placed an order."""

    type = "order.placed"

    order_id: UUID
    lines: tuple[OrderLine, ...]


class OrderCancelled(Event):
    """An order will not be shipped."""

    type = "order.cancelled"

    order_id: UUID
