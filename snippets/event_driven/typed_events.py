"""Typed events: what handlers receive, at the current version."""

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Event(BaseModel):
    """Immutable. Unknown fields are ignored: publishers may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]


class OrderedItem(BaseModel):
    """So many of one article."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sku: str
    quantity: int = Field(gt=0)


class OrderPlacedMessage(Event):
    """A customer has placed an order."""

    type = "order.placed"

    order_id: UUID
    lines: tuple[OrderedItem, ...]


class OrderCancelledMessage(Event):
    """An order will not be shipped."""

    type = "order.cancelled"

    order_id: UUID
