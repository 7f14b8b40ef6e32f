"""The import contracts: each is kept by the tree, and broken on purpose."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from guide.layout import ROOT
from guide.snippets.requirements import declared

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
MAIN = "snippets.shop.main"
TOPICS = "A topic imports those below it only, and never the shop"
APART = "Project structure stands apart"
SNIPPETS = "A snippet imports no machinery"
MACHINERY = "The machinery imports no snippet"
LAYERS = "The shop's imports point inwards"
SPEAKS = "The shop's presentation speaks to its application only"
PARTS = "Each part of the machinery knows only those below it"
SERVERS = "Servers serve whoever starts them, and know nobody"
PACKAGE = "The shop's package itself imports nothing"
PURE = "The shop's domain and application know no framework"


# Where, what it imports, and the contract that this breaks.
BROKEN_BY = [
    ("snippets.code_style.offer", "snippets.domain_driven_design", TOPICS),
    ("snippets.architecture_patterns.offer", "snippets.event_driven", TOPICS),
    ("snippets.event_driven.offer", "snippets.shop.domain.order", TOPICS),
    ("snippets.event_driven.offer", "snippets.project_structure", TOPICS),
    ("snippets.architecture_patterns.offer", "snippets.api_design", TOPICS),
    ("snippets.database_patterns.offer", "snippets.api_design", TOPICS),
    ("snippets.database_patterns.offer", "snippets.event_driven", TOPICS),
    ("snippets.api_design.offer", "snippets.shop.domain.order", TOPICS),
    ("snippets.project_structure.offer", "snippets.code_style", APART),
    ("snippets.event_driven.offer", "guide.layout", SNIPPETS),
    ("snippets.event_driven.offer", "servers.ports", SNIPPETS),
    ("guide.site.offer", "snippets.event_driven", MACHINERY),
    ("servers.offer", "snippets.event_driven", MACHINERY),
    ("servers.offer", "guide.layout", SERVERS),
    ("guide.decide.offer", "guide.evidence", PARTS),
    ("guide.evidence.offer", "guide.site", PARTS),
    ("guide.snippets.offer", "guide.checks", PARTS),
    *[
        (f"snippets.shop.{module}", imported, contract)
        for module, imported, contract in [
            ("domain.offer", "snippets.shop.application.place_order", LAYERS),
            ("domain.offer", "snippets.shop.infrastructure.tables", LAYERS),
            ("application.offer", "snippets.shop.presentation", LAYERS),
            ("application.offer", "snippets.shop.infrastructure", LAYERS),
            ("infrastructure.offer", "snippets.shop.presentation", LAYERS),
            ("presentation.offer", "snippets.shop.infrastructure", LAYERS),
            ("presentation.offer", "snippets.shop.main", LAYERS),
            ("presentation.offer", "snippets.shop.domain.order", SPEAKS),
            ("presentation.offer", "sqlalchemy.orm", SPEAKS),
            ("domain.offer", "sqlalchemy", PURE),
            ("domain.offer", "fastapi", PURE),
            ("application.offer", "sqlalchemy.orm", PURE),
        ]
    ],
]
numbered = pytest.mark.parametrize(
    ("number", "module", "imported", "contract"),
    [(number, *each) for number, each in enumerate(BROKEN_BY)],
)


def copy_tree(folder: Path) -> Path:
    for name in ("guide", "servers", "snippets"):
        shutil.copytree(
            ROOT / name,
            folder / name,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINT_IMPORTS), "--no-logo", "--no-cache"],
        cwd=tree,
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def tree(tmp_path):
    return copy_tree(tmp_path)


@pytest.fixture(scope="module")
def findings(tmp_path_factory) -> dict[str, str]:
    """What is said of each broken contract, in a tree with every import that
    is forbidden, each in a module of its own.
    """
    tree = copy_tree(tmp_path_factory.mktemp("tree"))
    for number, (module, imported, _) in enumerate(BROKEN_BY):
        path = tree / f"{module.replace('.', '/')}_{number}.py"
        path.write_text(f"import {imported}\n")
    (tree / "snippets/shop/__init__.py").write_text(f"import {MAIN}\n")
    (tree / "snippets/shop/offer.py").write_text("")
    result = lint_imports(tree)
    assert result.returncode == 1
    sections = re.split(r"\n(.+)\n-+\n", result.stdout)
    return dict(zip(sections[1::2], sections[2::2], strict=True))


def test_the_tree_keeps_them(tree):
    result = lint_imports(tree)
    assert result.returncode == 0, result.stdout


@numbered
def test_each_is_broken_by_the_import_it_forbids(
    findings, number, module, imported, contract
):
    said = f"{module}_{number} -> {imported.removesuffix('.orm')} (l.1)"
    assert said in findings[contract]


def test_the_domain_may_not_reach_a_framework_by_way_of_a_topic(tree):
    (tree / "snippets/shop/domain/offer.py").write_text(
        "import snippets.domain_driven_design.optimistic_version\n"
    )
    result = lint_imports(tree)
    assert result.returncode == 1
    assert f"{PURE} BROKEN" in result.stdout


def test_the_shops_package_may_not_even_import_a_part_of_it(findings):
    assert f"snippets.shop -> {MAIN} (l.1)" in findings[PACKAGE]


def test_every_topic_is_in_a_layer(tree):
    (tree / "snippets/new_topic").mkdir()
    (tree / "snippets/new_topic/__init__.py").write_text("")
    result = lint_imports(tree)
    assert "- snippets.new_topic" in result.stdout


def test_a_topic_may_import_those_below_it(tree):
    (tree / "snippets/event_driven/offer.py").write_text(
        "import snippets.code_style.errors\n"
    )
    result = lint_imports(tree)
    assert result.returncode == 0, result.stdout


def test_every_module_of_the_shop_is_in_a_layer(findings):
    assert "- snippets.shop.offer" in findings[LAYERS]


def test_the_shop_may_import_any_topic(tree):
    (tree / "snippets/project_structure/offer.py").write_text("PRICE = 1\n")
    (tree / "snippets/shop/domain/offer.py").write_text(
        "from snippets.project_structure.offer import PRICE\n"
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
        and find_spec(module)  # 3.13 names a lone LICENSE, too
    }
    assert declared_modules - set(contract["forbidden_modules"]) == {
        "email_validator"
    }
