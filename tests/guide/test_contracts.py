"""The import contracts: each is kept by the tree, and broken on purpose."""

import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from guide.excerpts import ROOT
from guide.requirements import declared

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
LAYERS = "The shop's imports point inwards"
SPEAKS = "The shop's presentation speaks to its application only"
PACKAGE = "The shop's package itself imports nothing"
PURE = "The shop's domain and application know no framework"


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
            "A topic imports neither another topic nor the shop",
        ),
        (
            "snippets/first_topic/offer.py",
            "import snippets.shop.domain.order",
            "A topic imports neither another topic nor the shop",
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


@pytest.mark.parametrize(
    ("module", "imported", "contract"),
    [
        ("domain/offer", "snippets.shop.application.place_order", LAYERS),
        ("domain/offer", "snippets.shop.infrastructure.tables", LAYERS),
        ("application/offer", "snippets.shop.presentation", LAYERS),
        ("application/offer", "snippets.shop.infrastructure", LAYERS),
        ("infrastructure/offer", "snippets.shop.presentation", LAYERS),
        ("presentation/offer", "snippets.shop.infrastructure", LAYERS),
        ("presentation/offer", "snippets.shop.main", LAYERS),
        ("offer", "snippets.shop.domain", LAYERS),
        ("presentation/offer", "snippets.shop.domain.order", SPEAKS),
        ("presentation/offer", "sqlalchemy.orm", SPEAKS),
        ("__init__", "snippets.shop.main", PACKAGE),
        ("domain/offer", "sqlalchemy", PURE),
        ("domain/offer", "fastapi", PURE),
        ("application/offer", "sqlalchemy.orm", PURE),
        (
            "domain/offer",
            "snippets.domain_driven_design.optimistic_version",
            PURE,
        ),
    ],
)
def test_a_layer_is_broken_by_the_import_it_forbids(
    tree, module, imported, contract
):
    (tree / f"snippets/shop/{module}.py").write_text(f"import {imported}\n")
    result = lint_imports(tree)
    assert result.returncode == 1
    assert f"{contract} BROKEN" in result.stdout


def test_the_shop_may_import_any_topic(tree):
    (tree / "snippets/first_topic/offer.py").write_text("PRICE = 1\n")
    (tree / "snippets/shop/domain/offer.py").write_text(
        "from snippets.first_topic.offer import PRICE\n"
    )
    result = lint_imports(tree)
    assert result.returncode == 0, result.stdout


def test_no_declared_dependency_is_left_out_but_the_one_that_is_named():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (contract,) = [
        contract
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["name"] == PURE
    ]
    declared_modules = {
        module
        for module, owners in packages_distributions().items()
        if {canonicalize_name(owner) for owner in owners} & declared().keys()
        and not module.startswith("_")
    }
    assert declared_modules - set(contract["forbidden_modules"]) == {
        "email_validator"
    }
