"""The reference: one page a module and its twins, kept up to date."""

from pathlib import Path

import pytest

from guide.layout import mirror_of, owner_of_tests
from guide.site.reference import files


def generated(project):
    return {path.as_posix(): text for path, text in files(project.root)}


def test_each_module_gets_a_page_with_source_and_tests(project):
    page = generated(project)["pricing/shipping.md"]
    assert "::: snippets.pricing.shipping\n" in page
    assert "::: snippet pricing.shipping\n" in page
    assert "def test_below_the_threshold_costs" in page


def test_a_twin_stands_on_the_page_of_its_fix(project):
    pages = generated(project)
    page = pages["pricing/shipping.md"]
    assert (
        "## `shipping_broken`, wrong on purpose "
        "{ #source-snippets.pricing.shipping_broken }"
    ) in page
    assert "::: snippet pricing.shipping_broken\n" in page
    assert "::: snippets.pricing.shipping_broken" not in page
    assert "pricing/shipping_broken.md" not in pages
    assert (
        "(pricing/shipping.md#source-snippets.pricing.shipping_broken)"
    ) in pages["index.md"]


def test_a_twin_without_a_fix_has_a_page_of_its_own(project):
    project.write("snippets/pricing/rounding_broken.py", '"""Broken: cents."""')
    page = generated(project)["pricing/rounding_broken.md"]
    assert "Wrong on purpose. Broken: cents." in page
    assert "::: snippets.pricing" not in page


@pytest.mark.parametrize("name", ["shipping", "shipping_broken"])
def test_a_module_and_a_twin_lead_to_what_a_page_says_of_them(project, name):
    project.write(
        "docs/topics/pricing/index.md",
        f"---\ntitle: Prices\n---\n\n::: snippet pricing.{name}\n",
    )
    page = generated(project)["pricing/shipping.md"]
    assert (
        "Explained in [Prices]"
        f"(../../topics/pricing/index.md#pricing.{name}).\n"
    ) in page


def test_the_raw_file_stands_beside_the_page(project):
    source = project.root / "snippets/pricing/shipping.py"
    assert generated(project)["pricing/shipping.py"] == source.read_text()


def test_a_twin_shares_the_test_file_of_its_fix(project):
    project.write("snippets/pricing/shipping_free_broken.py", "")
    mirror = Path("tests/snippets/pricing/test_shipping.py")
    for name in ("shipping", "shipping_broken", "shipping_free_broken"):
        path = Path(f"snippets/pricing/{name}.py")
        assert mirror_of(path, project.root) == mirror


def test_the_index_tells_modules_of_one_name_apart(project):
    project.write("snippets/shop/__init__.py", "")
    for layer in ("domain", "application"):
        project.write(f"snippets/shop/{layer}/order.py", f'"""{layer}"""\n')
    index = generated(project)["index.md"]
    assert "- [`domain.order`](shop/domain/order.md): domain\n" in index
    assert "- [`application.order`](shop/application/order.md)" in index


def test_the_modules_of_a_layer_share_its_test_file(project):
    project.write("snippets/shop/domain/order.py", "")
    project.write("tests/shop/test_domain.py", "# the rules\n")
    assert "# the rules" in generated(project)["shop/domain/order.md"]


def test_the_revisions_of_a_history_share_its_test_file(project):
    folder = Path("snippets/pricing/migrations/versions")
    for name in ("r0001_prices", "r0002_taxes"):
        project.write(f"{folder}/{name}.py", "")
        path = folder / f"{name}.py"
        mirror = Path("tests/snippets/pricing/migrations/test_versions.py")
        assert mirror_of(path, project.root) == mirror
        assert owner_of_tests(path, project.root) == folder / "r0001_prices.py"


def test_each_bench_gets_a_page_with_its_source(project):
    project.write(
        "tests/bench/pricing/free_shipping.py",
        '"""Free or paid."""\n\nA = 1\n',
    )
    page = generated(project)["pricing/bench_free_shipping.md"]
    assert "{ #bench-free-shipping }\n\nFree or paid.\n" in page
    assert "\nA = 1\n````" in page
