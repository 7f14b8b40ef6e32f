"""Where things are, and what they are called."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SNIPPETS = Path("snippets")
SHOP = SNIPPETS / "shop"
BENCHES = Path("tests/bench")
RECORDS = Path("docs/evidence/bench")
FLOW = Path("docs/decide/flow.toml")
REFERENCE = Path("docs/reference")
OUTCOMES = Path("docs/decide/outcomes")
# In a clone of before they were staged, builds have left their files in docs/.
GENERATED = (REFERENCE, OUTCOMES, Path("docs/assets/vendor"))


def is_of_shop(path: Path) -> bool:
    """Whether the file belongs to the reference service, not to a topic."""
    return path.is_relative_to(SHOP)


def is_copyable(path: Path) -> bool:
    """Not what is wrong on purpose, nor a part of the shop: a layer of a
    service is no use without the others. Nor Alembic's env.py: it runs by its
    path, so it names the package that it is for.
    """
    return not (is_twin(path) or is_of_shop(path) or path.name == "env.py")


def below_topic(path: Path) -> Path:
    """``snippets/caching/flight.py`` → ``flight.py``."""
    return Path(*path.parts[2:])


def where_to_put(paths: Sequence[Path]) -> Callable[[Path], Path]:
    """Files that are copied together: side by side, or else each in the folder
    of its topic.
    """
    if len({path.parts[1] for path in paths}) == 1:
        return below_topic
    return lambda path: Path(*path.parts[1:])


def module_name(path: Path) -> str:
    """``snippets/caching/flight.py`` → ``snippets.caching.flight``."""
    return ".".join(path.with_suffix("").parts)


def modules(root: Path = ROOT) -> Iterator[Path]:
    """Every snippet module, relative to ``root``; packages' own files not."""
    for path in sorted((root / SNIPPETS).rglob("*.py")):
        if path.name != "__init__.py":
            yield path.relative_to(root)


def topics(root: Path = ROOT) -> list[str]:
    return sorted(
        folder.name
        for folder in (root / "snippets").iterdir()
        if (folder / "__init__.py").exists()
    )


def is_twin(path: Path) -> bool:
    return path.stem.endswith("_broken")


def is_revision(path: Path) -> bool:
    """Whether it is one of the steps that Alembic plays."""
    return path.parent.name == "versions"


def owner_of_tests(path: Path, root: Path = ROOT) -> Path:
    """The module whose page shows the tests that ``path`` shares with it."""
    mirror = mirror_of(path, root)
    name = mirror.stem.removeprefix("test_")
    if is_of_shop(path):
        near = (root / SHOP).rglob("*.py")
    elif is_revision(path):
        near = (root / path.parent).glob("*.py")
    else:
        near = (root / path.parent).glob(f"{name}*.py")
    return next(
        (
            module
            for module in (each.relative_to(root) for each in sorted(near))
            if module.name != "__init__.py"
            and mirror_of(module, root) == mirror
        ),
        path,
    )


def mirror_of(path: Path, root: Path = ROOT) -> Path:
    """The mirror of a module; a twin shares the file of its fix.

    ``money_split_broken.py`` belongs to the longest prefix that is a module.
    In the shop, the modules of a layer share the tests of the layer; the
    revisions of a history, which build on each other, those of the history.
    """
    if is_of_shop(path):
        layer = Path(path.relative_to(SHOP).parts[0]).stem
        return Path("tests") / SHOP.name / f"test_{layer}.py"
    if is_revision(path):
        return Path("tests") / path.parent.with_name("test_versions.py")
    stem = path.stem.removesuffix("_broken")
    while stem and not (root / path.with_name(f"{stem}.py")).exists():
        stem = stem.rpartition("_")[0]
    name = stem or path.stem.removesuffix("_broken")
    return Path("tests") / path.with_name(f"test_{name}.py")


def benches(root: Path = ROOT) -> dict[str, Path]:
    """What can be measured, by its name on pages.

    ``tests/bench/database_patterns/n_plus_one.py`` is ``n-plus-one``.
    """
    found: dict[str, Path] = {}
    for path in sorted((root / BENCHES).glob("*/[!_]*.py")):
        name = path.stem.replace("_", "-")
        found.setdefault(name, path.relative_to(root))
    return found
