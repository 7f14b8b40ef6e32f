"""Stock: the pieces of one article for sale, and who has reserved some.

An aggregate of its own, since it changes with every order and a product
hardly ever. Domain-driven design has a stock item too, but in one module with
its repository: this layer may not import that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from snippets.code_style.errors import ConflictError, InsufficientStockError
from snippets.domain_driven_design.order_line import OrderLine

MAX_ON_HAND = 2**31 - 1  # what an INTEGER of PostgreSQL holds
ON_HAND = range(MAX_ON_HAND + 1)


class ShelfFullError(ConflictError):
    """More pieces would be on hand than anybody can count."""

    code = "shelf-full"


class NotStockedError(ConflictError):
    """The product is kept no more, so no piece of it can be put back."""

    code = "not-stocked"


@dataclass(slots=True)
class StockItem:
    """``on_hand`` is a whole number from 0 to MAX_ON_HAND, or ValueError."""

    sku: str
    on_hand: int

    def __post_init__(self) -> None:
        is_whole = type(self.on_hand) is int
        if not is_whole or not 0 <= self.on_hand <= MAX_ON_HAND:
            raise ValueError(f"Not a number on hand: {self.on_hand}")

    def take(self, pieces: int) -> None:
        """Take pieces off the shelf for an order.

        Raises:
            InsufficientStockError: there are fewer; nothing was taken.
            ValueError: not a whole number, or less than one, which would put
                some back.
        """
        require_pieces(pieces)
        if pieces > self.on_hand:
            raise InsufficientStockError.of(self.sku, pieces, self.on_hand)
        self.on_hand -= pieces

    def put_back(self, pieces: int) -> None:
        """Put pieces back that an order took and will not get.

        Raises:
            ShelfFullError: MAX_ON_HAND would be exceeded; nothing was put.
            ValueError: not a whole number, or less than one, which would take
                some.
        """
        require_pieces(pieces)
        if pieces > MAX_ON_HAND - self.on_hand:
            raise ShelfFullError(f"No room for {pieces} more of {self.sku}")
        self.on_hand += pieces


def require_pieces(pieces: int) -> None:
    """Raises ValueError if it is no whole number from one."""
    if type(pieces) is not int or pieces < 1:  # True and NaN are not below 1
        raise ValueError(f"Not a number of pieces: {pieces}")


class ReservationStatus(StrEnum):
    """An open one has not been decided."""

    OPEN = "open"
    HELD = "held"
    REFUSED = "refused"
    RELEASED = "released"


@dataclass(slots=True)
class Reservation:
    """What the stock told one order; repeated, it tells the same.

    So a step of a saga may be repeated. Once released, even before it held
    anything, it never holds again: a late repeat takes no pieces.
    """

    order_id: UUID
    status: ReservationStatus = ReservationStatus.OPEN

    def hold(
        self, lines: Iterable[OrderLine], stock: Mapping[str, StockItem]
    ) -> None:
        """Take the pieces of all lines or, refused, of none."""
        if self.status is not ReservationStatus.OPEN:
            return
        wanted = [(stock[line.sku], line.quantity) for line in lines]
        if any(pieces > item.on_hand for item, pieces in wanted):
            self.status = ReservationStatus.REFUSED
            return
        for item, pieces in wanted:
            item.take(pieces)
        self.status = ReservationStatus.HELD

    def release(
        self, lines: Iterable[OrderLine], stock: Mapping[str, StockItem]
    ) -> None:
        """Put back what it holds, if it does."""
        if self.status is ReservationStatus.HELD:
            for line in lines:
                stock[line.sku].put_back(line.quantity)
        self.status = ReservationStatus.RELEASED
