"""Internal to the warehouse: it may change without asking anybody."""

from dataclasses import dataclass


@dataclass(slots=True)
class Shelf:
    """The pieces of one article; damaged ones wait for a credit note."""

    on_hand: int = 0
    damaged: int = 0

    @property
    def for_sale(self) -> int:
        return self.on_hand - self.damaged
