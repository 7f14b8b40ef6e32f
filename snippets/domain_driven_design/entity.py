"""Entity: a thing that stays itself while its attributes change.

Two entities are equal if they are of one class and have one id, whatever
their other attributes hold and however a subclass is decorated.
"""

from dataclasses import dataclass, field
from typing import Final, final
from uuid import UUID, uuid4


@dataclass(kw_only=True, eq=False)
class Entity:
    """Base of all entities; a type checker refuses to change ``id``.

    Keyword-only, because a subclass could not add a required field after a
    positional one with a default.
    """

    id: Final[UUID] = field(default_factory=uuid4)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # @dataclass leaves alone what a class defines itself, so a subclass
        # that forgets eq=False keeps identity equality all the same.
        for method in ("__eq__", "__hash__"):
            setattr(cls, method, getattr(Entity, method))

    @final
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Entity) or type(other) is not type(self):
            return NotImplemented
        return self.id == other.id

    @final
    def __hash__(self) -> int:
        return hash((type(self), self.id))


@dataclass
class Customer(Entity):
    """Someone who buys; two customers may share a name."""

    name: str
