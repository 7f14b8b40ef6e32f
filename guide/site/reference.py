"""Generate ``docs/reference/``: one page a snippet module, with its API, its
source, its twins and its tests.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from guide.layout import (
    REFERENCE,
    ROOT,
    below_topic,
    is_twin,
    mirror_of,
    module_name,
    modules,
    owner_of_tests,
)
from guide.snippets.generated import one_at_a_time, synchronise
from guide.snippets.requirements import declared
from guide.snippets.shown import anchor, shown, title
from guide.snippets.source import UnknownSnippetError, find, read


def generate(root: Path = ROOT) -> None:
    """Write every page and remove those whose module is gone."""
    with one_at_a_time(root):
        synchronise(root / REFERENCE, dict(files(root)))


def files(root: Path) -> Iterator[tuple[Path, str]]:
    """Path below the reference folder, and content."""
    paths = list(modules(root))
    shown_on = pages_by_snippet(root)
    yield Path("index.md"), index(paths, root)
    on_page = modules_by_page(paths, root)
    for path in paths:
        if path in on_page:
            text = page(path, on_page[path], shown_on, root)
            yield below(path, ".md"), text
        yield below(path), read(path, root).text


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
        page = page_of(path, root)
        address = below(page, ".md").as_posix()
        if page != path:
            address += f"#source-{module_name(path)}"
        name = ".".join(below_topic(path).with_suffix("").parts)
        first = read(path, root).docstring.partition("\n")[0]
        lines.append(f"- [`{name}`]({address}): {first}")
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


def page(
    path: Path,
    on_page: list[Path],
    shown_on: dict[Path, list[Path]],
    root: Path,
) -> str:
    name = module_name(path)
    broken = is_twin(path)
    api = (
        [f"Wrong on purpose. {read(path, root).docstring}"]
        if broken
        else [f"::: {name}", "    options:", "      heading_level: 2"]
    )
    lines = [
        "---",
        f"title: {path.stem}",
        f"description: {name}, its source and its tests.",
        "---",
        f"# `{path.stem}` {{ #module-{name} }}",
        "",
        *explained(path, shown_on.get(path, []), root),
        *api,
        "",
        *source(path, "Source"),
    ]
    for twin in on_page:
        if twin != path:
            lines += source(
                twin,
                f"`{twin.stem}`, wrong on purpose",
                *explained(twin, shown_on.get(twin, []), root),
            )
    return "\n".join([*lines, *tests(path, root)]) + "\n"


def source(path: Path, heading: str, *lead: str) -> Iterator[str]:
    yield f"## {heading} {{ #source-{module_name(path)} }}"
    yield ""
    yield from lead
    yield f"::: snippet {'.'.join(path.with_suffix('').parts[1:])}"
    yield ""
    yield f"Raw file: [{path.name}]({path.name})"
    yield ""


def tests(path: Path, root: Path) -> Iterator[str]:
    yield f"## Tests {{ #tests-{module_name(path)} }}"
    yield ""
    test = mirror_of(path, root)
    owner = owner_of_tests(path, root)
    if owner != path:
        anchor_there = f"tests-{module_name(owner)}"
        yield f"`{test}`: see [`{owner.stem}`][{anchor_there}]."
    elif (root / test).exists():
        yield f"`{test}`"
        yield ""
        yield "````python"
        yield (root / test).read_text().rstrip("\n")
        yield "````"
    else:
        yield f"None: `{test}` is missing."


def modules_by_page(paths: list[Path], root: Path) -> dict[Path, list[Path]]:
    """The modules on each page, by that which gives the page its name."""
    found: dict[Path, list[Path]] = {}
    for path in paths:
        found.setdefault(page_of(path, root), []).append(path)
    return found


def page_of(path: Path, root: Path) -> Path:
    """The module on whose page ``path`` stands: a twin on that of its fix."""
    return owner_of_tests(path, root) if is_twin(path) else path


def below(path: Path, suffix: str = ".py") -> Path:
    """The path below the reference folder."""
    return Path(*path.with_suffix(suffix).parts[1:])
