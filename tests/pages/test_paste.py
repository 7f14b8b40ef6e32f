"""The paste test: what Copy gives imports in an empty folder.

Each text is written with the siblings its caption names into a package of its
own and imported in a process that has the declared dependencies only, and of
the project nothing.
"""

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from guide.layout import ROOT, is_copyable, modules, where_to_put
from guide.snippets.requirements import installable
from guide.snippets.shown import shown
from guide.snippets.source import UnknownSnippetError, copy_along, find, read
from tests.support.process import running

# Loads what the declared dependencies bring, once; then forks a process for
# each request, which has never seen a snippet, and answers with its traceback.
IMPORTER = textwrap.dedent(
    """
    import importlib, json, os, sys, tempfile, traceback

    undeclared, libraries = json.loads(sys.argv[1])

    class DeclaredOnly:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in undeclared:
                raise ImportError(f"{name} is not a declared dependency")

    sys.meta_path.insert(0, DeclaredOnly())
    for library in libraries:
        importlib.import_module(library)

    def import_all(folder, names):
        sys.path.insert(0, folder)
        for name in names:
            importlib.import_module(name)

    for request in sys.stdin:
        with tempfile.TemporaryFile("w+") as errors:
            child = os.fork()
            if not child:
                try:
                    import_all(*json.loads(request))
                except BaseException:
                    errors.write(traceback.format_exc())
                    errors.flush()
                os._exit(0)
            _, status = os.waitpid(child, 0)
            errors.seek(0)
            answer = errors.read() or ("" if status == 0 else f"{status=}")
            print(json.dumps(answer), flush=True)
    """
)
Importer = Callable[[Path, list[str]], str]


@pytest.fixture(scope="session")
def importer() -> Iterator[Importer]:
    """Imports modules of a folder in a process of its own.

    The answer is the traceback, or nothing if all of them import.
    """
    with running(
        [
            *[sys.executable, "-I", "-c", IMPORTER],
            json.dumps([undeclared(), libraries()]),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def import_all(folder: Path, names: list[str]) -> str:
            process.stdin.write(json.dumps([str(folder), names]) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield import_all
        process.stdin.close()


def libraries() -> list[str]:
    """What the snippets import that is neither theirs nor Python's own."""
    declared = installable()
    allowed = {
        name
        for name, owners in packages_distributions().items()
        if any(canonicalize_name(owner) in declared for owner in owners)
    }
    return sorted(
        {
            name
            for path in modules()
            if not path.stem.endswith("_broken")
            for name in read(path).imports
            if name.partition(".")[0] in allowed
        }
    )


@cache
def copied_texts(root: Path = ROOT) -> dict[Path, list[str]]:
    """Every text that a Copy button of each module gives, without repeats."""
    texts = {path: {read(path, root).text: None} for path in modules(root)}
    for item in shown(root):
        try:
            excerpt = find(item.reference, root)
        except UnknownSnippetError:
            continue  # another check's finding
        if excerpt.is_python:
            texts[excerpt.path][excerpt.copied] = None
    return {path: list(of_path) for path, of_path in texts.items()}


def undeclared() -> list[str]:
    allowed = installable()
    return [
        name
        for name, owners in packages_distributions().items()
        if not any(canonicalize_name(owner) in allowed for owner in owners)
    ]


def import_pasted(
    importer: Importer, path: Path, folder: Path, root: Path = ROOT
) -> None:
    """Raise AssertionError with the traceback if any text does not import."""
    names = []
    for number, text in enumerate(copied_texts(root)[path]):
        package = folder / f"paste_{number}"
        package.mkdir()
        (package / "__init__.py").write_text("")
        along = copy_along(path, root)
        place = where_to_put([path, *along])
        pasted = {place(path): text} | {
            place(sibling): read(sibling, root).text for sibling in along
        }
        for file, content in pasted.items():
            (package / file).parent.mkdir(parents=True, exist_ok=True)
            (package / file).write_text(content)
        dotted = ".".join(place(path).with_suffix("").parts)
        names.append(f"{package.name}.{dotted}")
    failure = importer(folder, names)
    assert not failure, failure


@pytest.mark.parametrize(
    "path",
    list(filter(is_copyable, modules())),
    ids=lambda path: ".".join(path.with_suffix("").parts[1:]),
)
def test_a_pasted_snippet_imports(path, importer, tmp_path):
    import_pasted(importer, path, tmp_path)


def test_a_pasted_snippet_that_needs_more_than_declared_is_red(
    project, importer, tmp_path
):
    project.write("snippets/pricing/tax.py", "import hypothesis\n")
    with pytest.raises(AssertionError, match="not a declared dependency"):
        import_pasted(
            importer,
            Path("snippets/pricing/tax.py"),
            folder_in(tmp_path),
            project.root,
        )


def test_a_pasted_snippet_that_needs_the_whole_project_is_red(
    project, importer, tmp_path
):
    project.write(
        "snippets/pricing/tax.py",
        "from snippets.pricing.shipping import shipping_cost\n",
    )
    with pytest.raises(AssertionError, match="No module named 'snippets'"):
        import_pasted(
            importer,
            Path("snippets/pricing/tax.py"),
            folder_in(tmp_path),
            project.root,
        )


def test_an_excerpt_that_misses_a_name_is_red(project, importer, tmp_path):
    project.write("docs/tax.md", "::: snippet pricing.tax:tax\n")
    project.write(
        "snippets/pricing/tax.py",
        """
        globals()["RATE"] = 19


        def tax(rate: int = RATE) -> int:
            return rate
        """,
    )
    with pytest.raises(AssertionError, match="name 'RATE' is not defined"):
        import_pasted(
            importer,
            Path("snippets/pricing/tax.py"),
            folder_in(tmp_path),
            project.root,
        )


def folder_in(tmp_path: Path) -> Path:
    folder = tmp_path / "pasted"
    folder.mkdir()
    return folder


def test_a_pasted_snippet_keeps_the_folders_of_its_topic(
    project, importer, tmp_path
):
    project.write("snippets/pricing/rates/tax.py", "RATE = 19\n")
    project.write(
        "snippets/pricing/quotes/quote.py",
        "from ..rates.tax import RATE\n\nTWICE = 2 * RATE\n",
    )
    import_pasted(
        importer,
        Path("snippets/pricing/quotes/quote.py"),
        folder_in(tmp_path),
        project.root,
    )


def test_what_cannot_be_copied_is_not_pasted():
    assert not is_copyable(Path("snippets/shop/domain/order.py"))
    assert not is_copyable(Path("snippets/pricing/shipping_broken.py"))
    assert not is_copyable(Path("snippets/pricing/migrations/env.py"))
    assert is_copyable(Path("snippets/pricing/shipping.py"))
