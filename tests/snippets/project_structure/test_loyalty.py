"""Loyalty: a rule of the domain, and the layers' contracts on the real shop."""

import shutil
import textwrap
import tomllib
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from guide.layout import ROOT
from snippets.project_structure import loyalty, loyalty_broken
from tests.support.twins import fix_and_twin

PACKAGE = ROOT / "snippets" / "project_structure"


@fix_and_twin(
    "module",
    "loyalty",
    "loyalty_broken",
    "lint-imports stops the build: shop.domain.tiers -> sqlalchemy",
    judged="project_structure.loyalty_broken",
)
def test_as_a_module_of_the_domain_it_breaks_no_contract(
    service, broken_imports, module
):
    shutil.copy(PACKAGE / f"{module}.py", service / "src/shop/domain/tiers.py")
    assert broken_imports(service) == set()


def test_the_contract_check_says_what_the_page_shows(service, run):
    shutil.copy(
        PACKAGE / "loyalty_broken.py", service / "src/shop/domain/tiers.py"
    )
    said = run(service, "lint-imports", "--no-logo", "--no-cache").stdout
    page = (
        ROOT / "docs/topics/project-structure/import-contracts.md"
    ).read_text()
    shown = textwrap.dedent(page.split("```text\n")[1].split("```")[0])
    assert list(filter(None, shown.splitlines())) == [
        line
        for line in said.splitlines()
        if line.endswith("BROKEN") or "sqlalchemy" in line
    ]


TIERS = pytest.mark.parametrize(
    ("paid", "tier"),
    [
        ([], "standard"),
        (["499.99"], "standard"),
        (["499.99", "0.01"], "silver"),
        (["1000", "999.99"], "silver"),
        (["2000"], "gold"),
    ],
)


@TIERS
def test_a_tier_is_earned_by_what_was_paid(paid, tier):
    assert loyalty.tier_of(map(Decimal, paid)) == tier


@TIERS
async def test_the_other_way_decides_alike(asyncpg_url, paid, tier):
    engine = create_async_engine(asyncpg_url)
    customer_id = uuid4()
    async with AsyncSession(engine) as session:
        await session.execute(
            text("create table payments (customer_id uuid, amount numeric)")
        )
        for amount in map(Decimal, paid):
            await session.execute(
                text("insert into payments values (:id, :amount)"),
                {"id": customer_id, "amount": amount},
            )
        found = await loyalty_broken.tier_of(session, customer_id)
    await engine.dispose()
    assert found == tier


@pytest.mark.parametrize(
    ("module", "imports", "named"),
    [
        (
            "domain/offer",
            "from shop.application import place_order",
            "shop.domain.offer -> shop.application.place_order",
        ),
        (
            "application/offer",
            "from shop.infrastructure import tables",
            "shop.application.offer -> shop.infrastructure.tables",
        ),
        (
            "infrastructure/offer",
            "from shop.presentation import schemas",
            "shop.infrastructure.offer -> shop.presentation.schemas",
        ),
        (
            "presentation/offer",
            "from shop.domain import order",
            "shop.presentation.offer -> shop.domain.order",
        ),
        (
            "presentation/offer",
            "import sqlalchemy",
            "shop.presentation.offer -> sqlalchemy",
        ),
        (
            "__init__",
            "from .main import create_app",
            "shop -> shop.main",
        ),
        (
            "application/offer",
            "import fastapi",
            "shop.application.offer -> fastapi",
        ),
        (
            "domain/offer",
            "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    import sqlalchemy",
            "shop.domain.offer -> sqlalchemy",
        ),
        (
            "domain/offer",
            "def offer():\n    import sqlalchemy",
            "shop.domain.offer -> sqlalchemy",
        ),
    ],
)
def test_an_import_outwards_is_named(
    service, broken_imports, module, imports, named
):
    (service / f"src/shop/{module}.py").write_text(f"{imports}\n")
    assert named in broken_imports(service)


def test_a_new_layer_must_be_given_its_place(service, run):
    (service / "src/shop/helpers.py").write_text("")
    result = run(service, "lint-imports", "--no-logo", "--no-cache")
    assert result.returncode == 1
    assert "- shop.helpers" in result.stdout


@pytest.mark.parametrize("module", ["worker", "wiring"])
def test_a_service_may_do_without_a_worker(service, broken_imports, module):
    (service / f"src/shop/{module}.py").unlink()
    assert broken_imports(service) == set()


def test_todays_breach_is_listed_and_told_when_it_has_gone(
    service, broken_imports, run
):
    offer = service / "src/shop/domain/offer.py"
    offer.write_text("import sqlalchemy\n")
    pyproject = service / "pyproject.toml"
    pyproject.write_text(
        pyproject.read_text()
        + 'ignore_imports = ["shop.domain.offer -> sqlalchemy"]\n'
    )
    assert broken_imports(service) == set()

    offer.write_text("")
    result = run(service, "lint-imports", "--no-logo", "--no-cache")
    assert result.returncode == 1
    assert "No matches for ignored import shop.domain.offer" in result.stdout


def test_a_folder_without_init_is_seen_by_ruff_alone(
    service, broken_imports, run
):
    for folder in ("helpers", "domain/helpers"):
        (service / "src/shop" / folder).mkdir()
        (service / "src/shop" / folder / "offer.py").write_text(
            "import sqlalchemy as sqlalchemy\n"
        )

    assert broken_imports(service) == set()
    found = run(service, "ruff", "check", "--no-cache", "src/shop").stdout
    assert found.count("INP001") == 2


def test_an_import_by_a_call_is_not_seen(service, broken_imports):
    (service / "src/shop/domain/offer.py").write_text(
        "import importlib\n\nORM = importlib.import_module('sqlalchemy')\n"
    )
    assert broken_imports(service) == set()


def test_a_package_that_is_no_root_is_not_followed(service, broken_imports):
    (service / "src/helpers").mkdir()
    (service / "src/helpers/__init__.py").write_text("import sqlalchemy\n")
    (service / "src/shop/domain/offer.py").write_text("import helpers\n")
    assert broken_imports(service) == set()

    pyproject = service / "pyproject.toml"
    pyproject.write_text(
        pyproject.read_text().replace(
            'root_package = "shop"', 'root_packages = ["shop", "helpers"]'
        )
    )
    assert broken_imports(service) == {"shop.domain.offer -> helpers"}


def test_these_contracts_are_the_ones_that_guard_this_repository():
    def contracts(file):
        return {
            contract["name"]: contract
            for contract in tomllib.loads(file.read_text())["tool"][
                "importlinter"
            ]["contracts"]
        }

    ours = contracts(ROOT / "pyproject.toml")
    for name, shown in contracts(PACKAGE / "service/contracts.toml").items():
        for key, value in shown.items():
            theirs = ours[name][key]
            if key == "forbidden_modules":
                theirs = [
                    module
                    for module in theirs
                    if module.removeprefix("snippets.") in value
                ]
            if isinstance(theirs, list):
                theirs = [module.removeprefix("snippets.") for module in theirs]
            assert value == theirs
