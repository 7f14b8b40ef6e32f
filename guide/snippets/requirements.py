"""What a pasted snippet may import: the project's declared dependencies."""

import tomllib
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from guide.layout import ROOT


@lru_cache(maxsize=1)
def declared() -> dict[str, Requirement]:
    """The dependencies of pyproject.toml by canonical name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = map(Requirement, project["dependencies"])
    return {canonicalize_name(item.name): item for item in found}


def requirement(distribution: str) -> str:
    """The name to install, with its extras: ``sqlalchemy[asyncio]``."""
    item = declared().get(canonicalize_name(distribution))
    if item is None:
        return distribution
    extras = f"[{','.join(sorted(item.extras))}]" if item.extras else ""
    return f"{item.name}{extras}"


def installable(
    wanted: Iterable[Requirement] | None = None,
) -> frozenset[str]:
    """Canonical names of all that these, or else the declared dependencies,
    bring along.
    """
    found: set[str] = set()
    pending = [
        (canonicalize_name(item.name), extra)
        for item in (declared().values() if wanted is None else wanted)
        for extra in ("", *item.extras)
    ]
    seen: set[tuple[str, str]] = set()
    while pending:
        name, extra = pending.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            lines = requires(name) or []
        except PackageNotFoundError:  # not for this platform
            continue
        found.add(name)
        for item in map(Requirement, lines):
            if item.marker is None or item.marker.evaluate({"extra": extra}):
                needed = canonicalize_name(item.name)
                pending += [(needed, one) for one in ("", *item.extras)]
    return frozenset(found)
