"""Generate ``docs/reference/``: one page a snippet module, with its source,
its tests and, unless it is wrong on purpose, its API.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from guide.excerpts import (
    ROOT,
    SHOP,
    UnknownSnippetError,
    below_topic,
    find,
    is_of_shop,
    module_name,
    modules,
    read,
)
from guide.generated import one_at_a_time, synchronise
from guide.pages import anchor, shown, title
from guide.requirements import declared

REFERENCE = Path("docs/reference")


def generate(root: Path = ROOT) -> None:
    """Write every page and remove those whose module is gone."""
    with one_at_a_time(root):
        synchronise(root / REFERENCE, dict(files(root)))


def files(root: Path) -> Iterator[tuple[Path, str]]:
    """Path below the reference folder, and content."""
    paths = list(modules(root))
    shown_on = pages_by_snippet(root)
    yield Path("index.md"), index(paths, root)
    for path in paths:
        below = Path(*path.parts[1:])
        text = page(path, shown_on.get(path, []), root)
        yield below.with_suffix(".md"), text
        yield below, read(path, root).text


def index(paths: list[Path], root: Path) -> str:
    lines = [
        "---",
        "title: Every snippet",
        "description: Every module of the guide by topic, with its tests.",
        "---",
        "# Every snippet { #reference }",
        "",
        "Each module is importable, typed and tested. Open one for its API, "
        "source and tests; twins that are wrong on purpose are marked.",
        "",
        "Snippets may import these, and nothing else: "
        + ", ".join(f"`{item}`" for item in map(str, declared().values()))
        + ".",
    ]
    topic = ""
    for path in paths:
        if path.parts[1] != topic:
            topic = path.parts[1]
            heading = topic.replace("_", " ").capitalize()
            lines += ["", f"## {heading} {{ #{topic} }}", ""]
        below = "/".join(path.with_suffix(".md").parts[1:])
        name = ".".join(below_topic(path).with_suffix("").parts)
        first = read(path, root).docstring.partition("\n")[0]
        lines.append(f"- [`{name}`]({below}): {first}")
    return "\n".join(lines) + "\n"


def pages_by_snippet(root: Path) -> dict[Path, list[Path]]:
    """Which pages show a module, in their order and once each."""
    found: dict[Path, dict[Path, None]] = {}
    for item in shown(root):
        if item.page.suffix != ".md":
            continue  # the flow, whose outcomes lead to the pages
        with suppress(UnknownSnippetError):  # a check's finding
            path = find(item.reference, root).path
            found.setdefault(path, {})[item.page] = None
    return {path: list(pages) for path, pages in found.items()}


def explained(path: Path, shown_on: list[Path], root: Path) -> Iterator[str]:
    """A line that leads to what a page says of the module."""
    if not shown_on:
        return
    up = "../" * (len(path.parts) - 1)
    links = [
        f"[{title(page, root)}]({up}{page.relative_to('docs')}#{anchor(path)})"
        for page in shown_on
    ]
    yield f"Explained in {' and '.join(links)}."
    yield ""


def page(path: Path, shown_on: list[Path], root: Path) -> str:
    name = module_name(path)
    broken = path.stem.endswith("_broken")
    api = (
        [
            f"Wrong on purpose. {read(path, root).docstring}",
        ]
        if broken
        else [f"::: {name}", "    options:", "      heading_level: 2"]
    )
    lines = [
        "---",
        f"title: {path.stem}",
        f"description: {name}, its source and its tests.",
        "search:",
        "  exclude: true" if broken else "  boost: 0.4",
        "---",
        f"# `{path.stem}` {{ #module-{name} }}",
        "",
        *explained(path, shown_on, root),
        *api,
        "",
        f"## Source {{ #source-{name} data-search-exclude }}",
        "",
        f"::: snippet {'.'.join(path.with_suffix('').parts[1:])}",
        "",
        f"Raw file: [{path.name}]({path.name})",
        "",
        f"## Tests {{ #tests-{name} data-search-exclude }}",
        "",
    ]
    test = mirror_of(path, root)
    owner = owner_of_tests(path, root)
    if owner != path:
        anchor_there = f"tests-{module_name(owner)}"
        lines.append(f"`{test}`: see [`{owner.stem}`][{anchor_there}].")
    elif (root / test).exists():
        lines += [
            f"`{test}`",
            "",
            "````python",
            (root / test).read_text().rstrip("\n"),
            "````",
        ]
    else:
        lines.append(f"None: `{test}` is missing.")
    return "\n".join(lines) + "\n"


def owner_of_tests(path: Path, root: Path = ROOT) -> Path:
    """The module whose page shows the tests that ``path`` shares with it."""
    mirror = mirror_of(path, root)
    return next(
        (
            module
            for module in modules(root)
            if module.parts[1] == path.parts[1]
            and mirror_of(module, root) == mirror
        ),
        path,
    )


def mirror_of(path: Path, root: Path = ROOT) -> Path:
    """The mirror of a module; a twin shares the file of its fix.

    ``money_split_broken.py`` belongs to the longest prefix that is a module.
    In the shop, the modules of a layer share the tests of the layer.
    """
    if is_of_shop(path):
        layer = Path(path.relative_to(SHOP).parts[0]).stem
        return Path("tests") / SHOP.name / f"test_{layer}.py"
    stem = path.stem.removesuffix("_broken")
    while stem and not (root / path.with_name(f"{stem}.py")).exists():
        stem = stem.rpartition("_")[0]
    name = stem or path.stem.removesuffix("_broken")
    return Path("tests") / path.with_name(f"test_{name}.py")
