"""Checks of the whole tree: ``python -m guide.checks`` prints what is amiss.

Each check yields one sentence a finding, led by the file (and line) to open.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median

from mkdocs.utils.meta import get_data

from guide.layout import (
    BENCHES,
    RECORDS,
    ROOT,
    SHOP,
    benches,
    is_copyable,
    is_of_shop,
    is_twin,
    mirror_of,
    modules,
)
from guide.snippets.shown import (
    outside_fences,
    pages,
    shown,
    shown_benches,
)
from guide.snippets.source import (
    UnknownSnippetError,
    copy_along,
    find,
    read,
)

Check = Callable[[Path], Iterator[str]]
LONGEST_USAGE = 12  # lines
LONGEST_PAGE = 900  # words
COMPANIONS = 12  # modules to copy along
TYPICAL_COMPANIONS = 4  # of which half of the modules have no more
# Complete programs: what they have in common with a topic is theirs.
TREES = (SHOP.name, "project_structure")
# A name in two modules, and why a reader takes one of them only.
IN_TWO_HOMES = {
    "InvoiceGateway": "one port, as a Protocol and as an ABC",
    "OrderSaga": "one saga, on DBOS and on Temporal",
    "PaymentGateway": "one port, as a Protocol and as an ABC",
    "Pools": "one service, with FastAPI alone and with dishka",
    "downgrade": "each revision of a history has its own",
    "create_app": "what a server is given: each is all of a process",
    "show_product": "one service, with FastAPI alone and with dishka",
    "upgrade": "each revision of a history has its own",
}
# Modules that name most others of a program, which is what they are for.
WIRES_MANY = {
    "api_design.assembled_api": "all routers of a service",
    "api_design.dependencies": "makes the use cases that routes ask for",
    "api_design.main": "composition root of a service",
    "api_design.my_order_routes": "an aggregate's routes, behind a sign-in",
    "architecture_patterns.main": "composition root of a service",
    "architecture_patterns.postgres_unit_of_work": "an order and its storage",
    "event_driven.event_worker": "composition root of a worker",
    "event_driven.open_bus": "chooses among all adapters of the bus",
    "event_driven.order_saga_worker": "composition root of a worker",
    "event_driven.relay": "all of a relay, in parts",
}
SLUGS = Path("docs/contributing/slugs.txt")
EXCUSE = re.compile(r"#\s*(type: ignore|noqa)(\[[^]]*\]|:\s?[A-Z0-9, ]+)?\s*$")
HEADING = re.compile(r"^#{1,6} (?!.*\{ ?#[\w.-]+)")
LOCK_HOST = re.compile(r"https?://")


def unknown_references(root: Path) -> Iterator[str]:
    """A page names a file or symbol that is not there."""
    for item in shown(root):
        try:
            find(item.reference, root)
        except UnknownSnippetError as error:
            yield f"{item.page}:{item.line}: {error}"


def orphan_snippets(root: Path) -> Iterator[str]:
    """A snippet, or a file beside it, that no page shows.

    The reference has the modules of the shop; pages show the central ones.
    """
    on_pages = set()
    for item in shown(root):
        if item.page.suffix != ".md":
            continue  # the flow repeats what a topic's page shows
        try:
            on_pages.add(find(item.reference, root).path)
        except UnknownSnippetError:
            continue  # unknown_references reports it
    for path in sorted((root / "snippets").glob("*/**/*")):
        relative = path.relative_to(root)
        if (
            path.is_file()
            and path.name != "__init__.py"
            and "__pycache__" not in path.parts
            and relative not in on_pages
            and not (is_of_shop(relative) and path.suffix == ".py")
        ):
            yield f"{relative}: no page shows it"


def topic_pairs(root: Path) -> Iterator[str]:
    """A topic's pages without its package, or the other way round."""
    topics = root / "docs" / "topics"
    slugs = {
        path.parent.name.replace("-", "_") for path in topics.glob("*/*.md")
    }
    packages = {
        path.parent.name for path in root.glob("snippets/*/__init__.py")
    } - {SHOP.name}
    for name in sorted(slugs - packages):
        slug = name.replace("_", "-")
        yield f"docs/topics/{slug}: there is no package snippets/{name}"
    indexed = {
        path.parent.name.replace("-", "_") for path in topics.glob("*/index.md")
    }
    for name in sorted(packages - indexed):
        slug = name.replace("_", "-")
        yield f"snippets/{name}: there is no page docs/topics/{slug}/index.md"


def mirrored_tests(root: Path) -> Iterator[str]:
    """A module without its test file, a twin its test file never names, or a
    test file without what it tests: a module, a file or a folder.
    """
    mirrors = set()
    for path in modules(root):
        mirror = mirror_of(path, root)
        mirrors.add(mirror)
        if not (root / mirror).exists():
            yield f"{path}: there is no {mirror}"
        elif path.stem not in (root / mirror).read_text():
            yield f"{path}: {mirror} never names it"
    for path in sorted(root.glob("tests/snippets/**/test_*.py")):
        relative = path.relative_to(root)
        folder = root / Path(*relative.parts[1:-1])
        name = path.stem.removeprefix("test_")
        if (
            relative not in mirrors
            and not (folder / name).is_dir()
            and not any(folder.glob(f"{name}.*"))
        ):
            yield f"{relative}: it mirrors nothing"


def python_on_pages(root: Path) -> Iterator[str]:
    """Python that no test would run, or too long to be usage."""
    for page in pages(root):
        opened = 0
        lines = (root / page).read_text().splitlines()
        for number, line in enumerate(lines, start=1):
            fence = line.strip()
            if re.match(r"(`{3,}|~{3,})\s*\{", fence):
                yield f"{page}:{number}: write ```python, not an attribute list"
            if opened and re.fullmatch(r"`{3,}|~{3,}", fence):
                if number - opened - 1 > LONGEST_USAGE:
                    yield (
                        f"{page}:{opened}: more than {LONGEST_USAGE} lines: "
                        "make it a snippet"
                    )
                opened = 0
            elif re.match(r"(`{3,}|~{3,})\s*(python|py)\b", fence):
                opened = number


def heading_ids(root: Path) -> Iterator[str]:
    """A heading whose link would change with its words."""
    for page in pages(root):
        for number, line in outside_fences((root / page).read_text()):
            if HEADING.match(line):
                yield f"{page}:{number}: give the heading an id: {{ #name }}"


def excuses_without_reason(root: Path) -> Iterator[str]:
    """``type: ignore`` or ``noqa`` with no reason beside it."""
    for folder in ("snippets", "guide", "servers", "tests"):
        for path in sorted((root / folder).rglob("*.py")):
            lines = path.read_text().splitlines()
            for number, line in enumerate(lines, start=1):
                if EXCUSE.search(line):
                    yield (
                        f"{path.relative_to(root)}:{number}: "
                        "say the reason beside it"
                    )


def lock_names_no_host(root: Path) -> Iterator[str]:
    """The lock must install from whatever index its user has."""
    lines = (root / "requirements.lock").read_text().splitlines()
    for number, line in enumerate(lines, start=1):
        if LOCK_HOST.search(line):
            yield f"requirements.lock:{number}: names a host"


def published_pages(root: Path) -> Iterator[str]:
    """An address that was published and leads nowhere, or one not noted."""
    if not (root / SLUGS).exists():
        return
    noted = set((root / SLUGS).read_text().split())
    there = {
        page.relative_to("docs").with_suffix("").as_posix()
        for page in pages(root)
    }
    for slug in sorted(noted - there):
        yield f"docs/{slug}.md: published once, it must lead somewhere"
    for slug in sorted(there - noted):
        yield f"{SLUGS}: add {slug}, which is for ever"


def pages_of_patterns(root: Path) -> Iterator[str]:
    """A pattern's page that is too long, not described, or not in the menu."""
    for page in pages(root):
        if not page.match("docs/topics/*/*.md") or page.name == "index.md":
            continue
        menu = (root / "mkdocs.yml").read_text()
        text, meta = get_data((root / page).read_text())
        words = sum(len(line.split()) for _, line in outside_fences(text))
        if words > LONGEST_PAGE:
            yield f"{page}: {words} words; over {LONGEST_PAGE} it is two pages"
        for name in ("title", "description", "aliases"):
            if not meta.get(name):
                yield f"{page}: its front matter has no {name}"
        if page.relative_to("docs").as_posix() not in menu:
            yield f"{page}: mkdocs.yml does not list it"


def one_home_on_pages(root: Path) -> Iterator[str]:
    """A module that two patterns explain: one shows it, the other links."""
    shown_on: dict[Path, dict[Path, None]] = {}
    for item in shown(root):
        if item.page.match("docs/topics/*/*.md"):
            with suppress(UnknownSnippetError):  # unknown_references' finding
                path = find(item.reference, root).path
                shown_on.setdefault(path, {})[item.page] = None
    for path, found in shown_on.items():
        if len(found) > 1:
            names = " and ".join(map(str, found))
            yield f"{path}: explained on {names}"


def one_home_for_names(root: Path) -> Iterator[str]:
    """A table, a public class or function that two modules define.

    What is copied from two pages must fit into one package and one database.
    """
    homes: dict[str, list[Path]] = {}
    for path in modules(root):
        if not is_twin(path) and path.parts[1] not in TREES:
            for name in sorted(_defined_names(read(path, root).tree)):
                homes.setdefault(name, []).append(path)
    for name, (home, *others) in homes.items():
        for other in others:
            if name not in IN_TWO_HOMES:
                yield f"{other}: {name} has its home in {home}: import it"


def _defined_names(tree: ast.Module) -> set[str]:
    """Public names of a module, and ``table orders``."""
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    names = {item.name for item in tree.body if isinstance(item, kinds)}
    found = {name for name in names if not name.startswith("_")}
    for node in ast.walk(tree):
        match node:
            case (
                ast.Assign(
                    targets=[ast.Name(id="__tablename__")],
                    value=ast.Constant(value=str(table)),
                )
                | ast.Call(
                    func=ast.Name(id="Table"),
                    args=[ast.Constant(value=str(table)), *_],
                )
            ):
                found.add(f"table {table}")
    return found


def few_companions(root: Path) -> Iterator[str]:
    """A module that must be copied with many others, or many that need some."""
    counts = {
        path: len(copy_along(path, root))
        for path in filter(is_copyable, modules(root))
    }
    for path, count in counts.items():
        name = ".".join(path.with_suffix("").parts[1:])
        if count > COMPANIONS and name not in WIRES_MANY:
            yield (
                f"{path}: needs {count} other modules; over {COMPANIONS}, "
                "nobody copies it"
            )
    if (middle := median(counts.values())) > TYPICAL_COMPANIONS:
        yield (
            f"snippets: half of the modules need {middle:g} others or more; "
            f"let it be {TYPICAL_COMPANIONS} at most"
        )


def known_benches(root: Path) -> Iterator[str]:
    """A page names no bench, a bench is on no page, a record is of none."""
    known = benches(root)
    for path in sorted((root / BENCHES).glob("*/[!_]*.py")):
        if path.relative_to(root) not in known.values():
            yield f"{path.relative_to(root)}: another bench has this name"
    on_pages = set()
    for item in shown_benches(root):
        on_pages.add(item.reference)
        if item.reference not in known:
            yield f"{item.page}:{item.line}: there is no bench {item.reference}"
    for name in sorted(known.keys() - on_pages):
        yield f"{known[name]}: no page shows it (::: bench {name})"
    for path in sorted((root / RECORDS).glob("*")):
        if path.suffix != ".json" or path.stem not in known:
            yield f"{path.relative_to(root)}: it is the record of no bench"


CHECKS: tuple[Check, ...] = (
    unknown_references,
    orphan_snippets,
    topic_pairs,
    mirrored_tests,
    python_on_pages,
    heading_ids,
    excuses_without_reason,
    lock_names_no_host,
    published_pages,
    pages_of_patterns,
    one_home_on_pages,
    one_home_for_names,
    few_companions,
    known_benches,
)


def main() -> int:
    findings = [finding for check in CHECKS for finding in check(ROOT)]
    for finding in findings:
        sys.stdout.write(f"{finding}\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
