"""Checks of the tree: each is silent on a sound project and finds its flaw."""

import pytest

from guide import checks


@pytest.mark.parametrize("check", checks.CHECKS)
def test_a_sound_project_passes(project, check):
    assert list(check(project.root)) == []


def test_an_unknown_symbol_is_named_with_page_and_line(project):
    project.write("docs/a.md", "Tax:\n::: snippet pricing.shipping:tax\n")
    assert list(checks.unknown_references(project.root)) == [
        "docs/a.md:2: snippets/pricing/shipping.py has no tax"
    ]


def test_a_snippet_no_page_shows_is_an_orphan(project):
    project.write("snippets/pricing/tax.py", "")
    project.write("snippets/pricing/shop.toml", "")
    assert list(checks.orphan_snippets(project.root)) == [
        "snippets/pricing/shop.toml: no page shows it",
        "snippets/pricing/tax.py: no page shows it",
    ]


def test_a_page_needs_its_package(project):
    project.write("docs/topics/api-design/keyset.md", "")
    assert list(checks.topic_pairs(project.root)) == [
        "docs/topics/api-design: there is no package snippets/api_design"
    ]


def test_a_package_needs_its_page(project):
    project.write("snippets/api_design/__init__.py", "")
    assert list(checks.topic_pairs(project.root)) == [
        "snippets/api_design: there is no page docs/topics/api-design/index.md"
    ]


def test_a_module_needs_its_test_file(project):
    project.write("snippets/pricing/tax.py", "")
    assert list(checks.mirrored_tests(project.root)) == [
        "snippets/pricing/tax.py: there is no "
        "tests/snippets/pricing/test_tax.py"
    ]


def test_a_twin_must_be_named_by_the_tests_of_its_fix(project):
    project.write("snippets/pricing/shipping_free_broken.py", "")
    assert list(checks.mirrored_tests(project.root)) == [
        "snippets/pricing/shipping_free_broken.py: "
        "tests/snippets/pricing/test_shipping.py never names it"
    ]


def test_a_test_file_needs_its_module(project):
    project.write("tests/snippets/pricing/test_tax.py", "")
    assert list(checks.mirrored_tests(project.root)) == [
        "tests/snippets/pricing/test_tax.py: it mirrors nothing"
    ]


@pytest.mark.parametrize("path", ["tax.toml", "tax/rates.toml"])
def test_a_test_file_may_mirror_a_file_or_a_folder(project, path):
    project.write("tests/snippets/pricing/test_tax.py", "")
    project.write(f"snippets/pricing/{path}", "")
    assert list(checks.mirrored_tests(project.root)) == []


def test_a_fence_that_no_test_finds_is_refused(project):
    project.write("docs/a.md", "``` { .python }\nprint()\n```\n")
    assert list(checks.python_on_pages(project.root)) == [
        "docs/a.md:1: write ```python, not an attribute list"
    ]


def test_long_usage_must_become_a_snippet(project):
    lines = "print()\n" * (checks.LONGEST_USAGE + 1)
    project.write("docs/a.md", f"```python\n{lines}```\n")
    assert list(checks.python_on_pages(project.root)) == [
        f"docs/a.md:1: more than {checks.LONGEST_USAGE} lines: "
        "make it a snippet"
    ]


def test_a_heading_needs_an_id_of_its_own(project):
    project.write("docs/a.md", "## Money\n\n```sh\n# no heading\n```\n")
    assert list(checks.heading_ids(project.root)) == [
        "docs/a.md:1: give the heading an id: { #name }"
    ]


@pytest.mark.parametrize("excuse", ["noqa: S608", "type: ignore[misc]", "noqa"])
def test_an_excuse_needs_a_reason(project, excuse):
    project.write(
        "snippets/pricing/tax.py",
        f"a = 1  # {excuse}\nb = 1  # {excuse} - the reason\n",
    )
    assert list(checks.excuses_without_reason(project.root)) == [
        "snippets/pricing/tax.py:1: say the reason beside it"
    ]


def test_the_lock_must_name_no_host(project):
    project.write("requirements.lock", "-i https://index.example/simple\n")
    assert list(checks.lock_names_no_host(project.root)) == [
        "requirements.lock:1: names a host"
    ]


def test_the_shop_needs_no_page_for_each_module(project):
    project.write("snippets/shop/__init__.py", "")
    project.write("snippets/shop/main.py", "")
    assert list(checks.orphan_snippets(project.root)) == []
    assert list(checks.topic_pairs(project.root)) == []


def test_a_file_of_the_shop_that_the_reference_lacks_needs_a_page(project):
    project.write("snippets/shop/compose.yaml", "")
    assert list(checks.orphan_snippets(project.root)) == [
        "snippets/shop/compose.yaml: no page shows it"
    ]


def test_a_layer_of_the_shop_needs_its_test_file(project):
    project.write("snippets/shop/domain/order.py", "")
    project.write("snippets/shop/main.py", "")
    project.write("tests/shop/test_main.py", "# main\n")
    assert list(checks.mirrored_tests(project.root)) == [
        "snippets/shop/domain/order.py: there is no tests/shop/test_domain.py"
    ]


def test_a_module_of_the_shop_is_named_by_its_layers_tests(project):
    project.write("snippets/shop/domain/order.py", "")
    project.write("tests/shop/test_domain.py", "")
    assert list(checks.mirrored_tests(project.root)) == [
        "snippets/shop/domain/order.py: "
        "tests/shop/test_domain.py never names it"
    ]


PATTERN = """
---
title: Shipping
description: What a parcel costs, when nobody can tell.
aliases:
  - postage
---
# Shipping { #shipping }
"""


def test_a_page_once_published_must_lead_somewhere(project):
    project.write("docs/contributing/slugs.txt", "topics/pricing/rates\n")
    assert list(checks.published_pages(project.root)) == [
        "docs/topics/pricing/rates.md: published once, it must lead somewhere",
        "docs/contributing/slugs.txt: add topics/pricing/index, "
        "which is for ever",
    ]


def test_a_pattern_is_described_listed_and_short(project):
    project.write("mkdocs.yml", "nav: [topics/pricing/shipping.md]\n")
    page = "docs/topics/pricing/shipping.md"
    project.write(page, PATTERN)
    assert list(checks.pages_of_patterns(project.root)) == []

    project.write(page, PATTERN.replace("aliases", "other") + "word " * 900)
    project.write("mkdocs.yml", "nav: []\n")
    assert list(checks.pages_of_patterns(project.root)) == [
        f"{page}: 905 words; over 900 it is two pages",
        f"{page}: its front matter has no aliases",
        f"{page}: mkdocs.yml does not list it",
    ]


def test_code_does_not_count_as_words_of_a_page(project):
    project.write("mkdocs.yml", "nav: [topics/pricing/shipping.md]\n")
    code = "```text\n" + "word " * 900 + "\n```\n"
    project.write("docs/topics/pricing/shipping.md", PATTERN + code)
    assert list(checks.pages_of_patterns(project.root)) == []


def test_a_module_is_explained_on_one_page_of_a_pattern(project):
    project.write(
        "docs/topics/pricing/shipping.md",
        "::: snippet pricing.shipping\n",
    )
    assert list(checks.one_home_on_pages(project.root)) == [
        f"snippets/pricing/{name}.py: explained on "
        "docs/topics/pricing/index.md and docs/topics/pricing/shipping.md"
        for name in ["shipping"]
    ]


def test_a_name_has_one_home(project):
    project.write(
        "snippets/pricing/tax.py",
        """
        class Rate(Base):
            __tablename__ = "rates"


        async def shipping_cost(): ...


        def _round(): ...


        stock = Table("stock", metadata)
        """,
    )
    project.write(
        "snippets/selling/offer.py",
        """
        class Rates(Base):
            __tablename__ = "rates"


        def _round(): ...


        shelf = Table("stock", metadata)
        """,
    )
    home = "snippets/pricing/tax.py: import it"
    assert list(checks.one_home_for_names(project.root)) == [
        "snippets/pricing/tax.py: shipping_cost has its home in "
        "snippets/pricing/shipping.py: import it",
        f"snippets/selling/offer.py: table rates has its home in {home}",
        f"snippets/selling/offer.py: table stock has its home in {home}",
    ]


@pytest.mark.parametrize(
    "path", ["shop/rates.py", "project_structure/rates.py", "a/b_broken.py"]
)
def test_a_program_or_a_twin_may_have_names_of_a_topic(project, path):
    project.write(f"snippets/{path}", "def shipping_cost(): ...\n")
    assert list(checks.one_home_for_names(project.root)) == []


def test_what_may_have_two_homes_has_them(monkeypatch):
    monkeypatch.setattr(checks, "IN_TWO_HOMES", {})
    found = "\n".join(checks.one_home_for_names(checks.ROOT))
    monkeypatch.undo()
    assert [name for name in checks.IN_TWO_HOMES if name not in found] == []


def chained(project, count):
    """Modules of which each imports the one before."""
    project.write("snippets/pricing/link_0.py", "")
    for number in range(1, count + 1):
        project.write(
            f"snippets/pricing/link_{number}.py",
            f"from . import link_{number - 1}\n",
        )


def test_a_module_that_needs_many_others_is_named(project):
    for number in range(30):
        project.write(f"snippets/pricing/alone_{number}.py", "")
    chained(project, checks.COMPANIONS + 1)
    assert list(checks.few_companions(project.root)) == [
        "snippets/pricing/link_13.py: needs 13 other modules; over 12, "
        "nobody copies it"
    ]


def test_half_of_the_modules_need_few_others(project):
    chained(project, checks.COMPANIONS)
    assert list(checks.few_companions(project.root)) == [
        "snippets: half of the modules need 5.5 others or more; "
        "let it be 4 at most"
    ]


def test_what_wires_many_needs_many(monkeypatch):
    monkeypatch.setattr(checks, "WIRES_MANY", {})
    found = "\n".join(checks.few_companions(checks.ROOT))
    monkeypatch.undo()
    paths = [name.replace(".", "/") for name in checks.WIRES_MANY]
    assert [path for path in paths if f"{path}.py" not in found] == []


def test_a_page_names_benches_that_there_are(project):
    project.write("docs/a.md", "Fast:\n\n::: bench tax\n")
    assert list(checks.known_benches(project.root)) == [
        "docs/a.md:3: there is no bench tax"
    ]


def test_a_bench_is_on_a_page(project):
    project.write("tests/bench/pricing/free_shipping.py", "")
    assert list(checks.known_benches(project.root)) == [
        "tests/bench/pricing/free_shipping.py: no page shows it "
        "(::: bench free-shipping)"
    ]
    project.write("docs/a.md", "::: bench free-shipping\n")
    assert list(checks.known_benches(project.root)) == []


@pytest.mark.parametrize("name", ["tax.json", "free-shipping.txt"])
def test_a_record_is_of_a_bench(project, name):
    project.write("tests/bench/pricing/free_shipping.py", "")
    project.write("docs/a.md", "::: bench free-shipping\n")
    project.write(f"docs/evidence/bench/{name}", "{}")
    assert list(checks.known_benches(project.root)) == [
        f"docs/evidence/bench/{name}: it is the record of no bench"
    ]


def test_two_benches_of_one_name_are_one_too_many(project):
    project.write("tests/bench/pricing/free_shipping.py", "")
    project.write("tests/bench/selling/free_shipping.py", "")
    project.write("docs/a.md", "::: bench free-shipping\n")
    assert list(checks.known_benches(project.root)) == [
        "tests/bench/selling/free_shipping.py: another bench has this name"
    ]
