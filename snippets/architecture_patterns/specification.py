"""Specifications: a condition on orders, stated once, used twice.

In memory to decide about one order, as SQL to find all of them; a property
test on PostgreSQL proves that both agree. Combine with ``&``, ``|``, ``~``.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, not_, or_

from ..domain_driven_design.order import Order


class Specification(ABC):
    """A condition that an order meets or does not: never a third."""

    @abstractmethod
    def is_met_by(self, order: Order) -> bool: ...

    @abstractmethod
    def to_sql(self) -> ColumnElement[bool]:
        """The same condition on `OrderRow`; never NULL, so that ``~`` holds."""

    def __and__(self, other: "Specification") -> "Specification":
        return Both(self, other)

    def __or__(self, other: "Specification") -> "Specification":
        return Either(self, other)

    def __invert__(self) -> "Specification":
        return Not(self)

    def __bool__(self) -> bool:
        raise TypeError("Combine with &, | and ~, not with and, or and not")


@dataclass(frozen=True)
class Both(Specification):
    """Left and right."""

    left: Specification
    right: Specification

    def is_met_by(self, order: Order) -> bool:
        return self.left.is_met_by(order) and self.right.is_met_by(order)

    def to_sql(self) -> ColumnElement[bool]:
        return and_(self.left.to_sql(), self.right.to_sql())


@dataclass(frozen=True)
class Either(Specification):
    """Left, or right, or both."""

    left: Specification
    right: Specification

    def is_met_by(self, order: Order) -> bool:
        return self.left.is_met_by(order) or self.right.is_met_by(order)

    def to_sql(self) -> ColumnElement[bool]:
        return or_(self.left.to_sql(), self.right.to_sql())


@dataclass(frozen=True)
class Not(Specification):
    """The opposite."""

    inner: Specification

    def is_met_by(self, order: Order) -> bool:
        return not self.inner.is_met_by(order)

    def to_sql(self) -> ColumnElement[bool]:
        return not_(self.inner.to_sql())
