"""The reference: one page a snippet module, with its API, its
source, its twins and its tests; and one page a bench.
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path

from guide.layout import (
    below_topic,
    benches,
    is_twin,
    mirror_of,
    module_name,
    modules,
    owner_of_tests,
)
from guide.snippets.requirements import declared
from guide.snippets.shown import anchor, shown, title
from guide.snippets.source import UnknownSnippetError, find, read
from guide.templates import environment


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
    for name, path in benches(root).items():
        text = TEMPLATES.get_template("bench.md").render(
            name=name,
            path=path,
            docstring=read(path, root).docstring,
            source=read(path, root).text.rstrip("\n"),
        )
        yield Path(path.parts[2], f"bench_{path.stem}.md"), text


def index(paths: list[Path], root: Path) -> str:
    topics = groupby(paths, key=lambda path: path.parts[1])
    return TEMPLATES.get_template("index.md").render(
        declared=declared().values(),
        topics=[
            (topic, [entry(path, root) for path in found])
            for topic, found in topics
        ],
    )


def entry(path: Path, root: Path) -> dict[str, str]:
    """A module's line of the index."""
    page = page_of(path, root)
    anchor_there = f"#source-{module_name(path)}" * (page != path)
    return {
        "name": ".".join(below_topic(path).with_suffix("").parts),
        "address": below(page, ".md").as_posix() + anchor_there,
        "summary": read(path, root).docstring.partition("\n")[0],
    }


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


def explained(path: Path, shown_on: list[Path], root: Path) -> str:
    """A sentence that leads to what pages say of the module, if they do."""
    up = "../" * (len(path.parts) - 1)
    links = [
        f"[{title(page, root)}]({up}{page.relative_to('docs')}#{anchor(path)})"
        for page in shown_on
    ]
    return f"Explained in {' and '.join(links)}." if links else ""


def page(
    path: Path,
    on_page: list[Path],
    shown_on: dict[Path, list[Path]],
    root: Path,
) -> str:
    mirror = mirror_of(path, root)
    there = (root / mirror).exists()
    return TEMPLATES.get_template("module.md").render(
        path=path,
        twins=[twin for twin in on_page if twin != path],
        explained={
            module: explained(module, shown_on.get(module, []), root)
            for module in {path, *on_page}
        },
        docstring=read(path, root).docstring,
        mirror=mirror,
        owner=owner_of_tests(path, root),
        tests=(root / mirror).read_text().rstrip("\n") if there else "",
    )


def reference(path: Path) -> str:
    """How a page asks for the module."""
    return module_name(path).removeprefix("snippets.")


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


TEMPLATES = environment(
    Path(__file__).with_name("templates"),
    is_twin=is_twin,
    module_name=module_name,
    reference=reference,
)
