"""Entity: a thing that stays itself while its attributes change.

Two entities are equal if they are of one class and have one id, whatever
their other attributes hold and however a subclass is decorated.
"""

from dataclasses import dataclass, field
from uuid import UUID, uuid4


@dataclass(kw_only=True, eq=False)
class Entity:
    """Base of all entities; ``id`` is keyword-only and never changes.

    Keyword-only, because a subclass could not add a required field after a
    positional one with a default.
    """

    id: UUID = field(default_factory=uuid4)

    def __init_subclass__(cls) -> None:
        # @dataclass leaves alone what a class defines itself, so a subclass
        # that forgets eq=False keeps identity equality all the same.
        cls.__eq__ = Entity.__eq__  # type: ignore[method-assign]  # see above
        cls.__hash__ = Entity.__hash__  # type: ignore[method-assign]  # see above

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Entity) or type(other) is not type(self):
            return NotImplemented
        return self.id == other.id

    def __hash__(self) -> int:
        return hash((type(self), self.id))


@dataclass
class Customer(Entity):
    """Someone who buys; two customers may share a name."""

    name: str
