"""The import contracts: each is kept by the tree, and broken on purpose."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from guide.excerpts import ROOT

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


@pytest.fixture
def tree(tmp_path):
    for folder in ("guide", "snippets"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for topic in ("first_topic", "second_topic"):
        (tmp_path / "snippets" / topic).mkdir()
        (tmp_path / "snippets" / topic / "__init__.py").write_text("")
    return tmp_path


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINT_IMPORTS), "--no-logo", "--no-cache"],
        cwd=tree,
        check=False,
        capture_output=True,
        text=True,
    )


def test_the_tree_keeps_them(tree):
    result = lint_imports(tree)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        (
            "snippets/first_topic/offer.py",
            "import snippets.second_topic",
            "A topic imports no other topic",
        ),
        (
            "snippets/first_topic/offer.py",
            "import guide.pages",
            "A snippet imports no machinery",
        ),
        (
            "guide/offer.py",
            "import snippets.first_topic",
            "The machinery imports no snippet",
        ),
    ],
)
def test_each_is_broken_by_the_import_it_forbids(tree, module, line, contract):
    (tree / module).write_text(f"{line}\n")
    result = lint_imports(tree)
    assert result.returncode == 1
    assert f"{contract} BROKEN" in result.stdout
