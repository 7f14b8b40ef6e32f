"""Broken: each @dataclass below the base writes an __eq__ of its own."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4


@dataclass(kw_only=True, eq=False)
class Entity:
    id: UUID = field(default_factory=uuid4)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entity) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)


@dataclass
class Customer(Entity):
    name: str
