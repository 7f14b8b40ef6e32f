"""The paste test: what Copy gives imports in an empty folder.

Each text is written with the siblings its caption names into a package of its
own and imported in a fresh process that has the declared dependencies only.
"""

import json
import subprocess
import sys
import textwrap
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from guide.excerpts import (
    ROOT,
    UnknownSnippetError,
    copy_along,
    find,
    modules,
    read,
)
from guide.pages import shown
from guide.requirements import installable

IMPORT_ALL = textwrap.dedent(
    """
    import importlib, json, sys
    from pathlib import Path

    folder, names, undeclared = json.loads(sys.argv[1])

    class DeclaredOnly:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in undeclared:
                raise ImportError(f"{name} is not a declared dependency")

    sys.meta_path.insert(0, DeclaredOnly())
    sys.path.insert(0, folder)
    for name in names:
        importlib.import_module(name)
    """
)


def copied_texts(path: Path, root: Path = ROOT) -> list[str]:
    """Every text that a Copy button of this module gives, without repeats."""
    texts = {read(path, root).text: None}
    for item in shown(root):
        try:
            excerpt = find(item.reference, root)
        except UnknownSnippetError:
            continue  # another check's finding
        if excerpt.path == path:
            texts[excerpt.copied] = None
    return list(texts)


def undeclared() -> list[str]:
    allowed = installable()
    return [
        name
        for name, owners in packages_distributions().items()
        if not any(canonicalize_name(owner) in allowed for owner in owners)
    ]


def import_pasted(path: Path, folder: Path, root: Path = ROOT) -> None:
    """Raise AssertionError with the traceback if any text does not import."""
    names = []
    for number, text in enumerate(copied_texts(path, root)):
        package = folder / f"paste_{number}"
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / path.name).write_text(text)
        for sibling in copy_along(path, root):
            (package / sibling.name).write_text(read(sibling, root).text)
        names.append(f"{package.name}.{path.stem}")
    result = subprocess.run(
        [
            *[sys.executable, "-I", "-c", IMPORT_ALL],
            json.dumps([str(folder), names, undeclared()]),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "path",
    [path for path in modules() if not path.stem.endswith("_broken")],
    ids=lambda path: ".".join(path.with_suffix("").parts[1:]),
)
def test_a_pasted_snippet_imports(path, tmp_path):
    import_pasted(path, tmp_path)


def test_a_pasted_snippet_that_needs_more_than_declared_is_red(
    project, tmp_path
):
    project.write("snippets/pricing/tax.py", "import hypothesis\n")
    with pytest.raises(AssertionError, match="not a declared dependency"):
        import_pasted(
            Path("snippets/pricing/tax.py"), folder_in(tmp_path), project.root
        )


def test_a_pasted_snippet_that_needs_the_whole_project_is_red(
    project, tmp_path
):
    project.write(
        "snippets/pricing/tax.py",
        "from snippets.pricing.shipping import shipping_cost\n",
    )
    with pytest.raises(AssertionError, match="No module named 'snippets'"):
        import_pasted(
            Path("snippets/pricing/tax.py"), folder_in(tmp_path), project.root
        )


def test_an_excerpt_that_misses_a_name_is_red(project, tmp_path):
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
            Path("snippets/pricing/tax.py"), folder_in(tmp_path), project.root
        )


def folder_in(tmp_path: Path) -> Path:
    folder = tmp_path / "pasted"
    folder.mkdir()
    return folder
