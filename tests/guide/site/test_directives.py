"""The snippet extension: what a directive becomes on the page."""

import re
from functools import partial

import pytest
from markdown import Markdown
from mkdocs.exceptions import BuildError

from guide.evidence.report import Evidence, ModuleRun, Outcome, topic_digest
from guide.site import directives as extension
from guide.snippets.source import find
from tests.guide.evidence.test_bench import RECORD
from tests.support.figures import copy_buttons

MIRROR = "tests/snippets/pricing/test_shipping.py"


@pytest.fixture
def page(project, monkeypatch):
    """Renders Markdown in the small project, without an evidence report."""
    for name in ("find", "read", "copy_along"):
        bound = partial(getattr(extension, name), root=project.root)
        monkeypatch.setattr(extension, name, bound)
    lines = partial(extension.tree.lines, root=project.root)
    monkeypatch.setattr(extension.tree, "lines", lines)
    monkeypatch.setattr(extension, "load", lambda: None)
    return lambda text: Markdown(
        extensions=[
            *["admonition", "attr_list", "fenced_code"],
            extension.makeExtension(),
        ]
    ).convert(text)


def buttons(rendered: str) -> dict[str, str]:
    return {button.label: button.text for button in copy_buttons(rendered)}


def test_a_snippet_shows_its_code_and_path(page):
    rendered = page("::: snippet pricing.shipping:shipping_cost")
    assert "<code>snippets/pricing/shipping.py</code>" in rendered
    assert "shipping_cost" in re.sub(r"<[^>]+>", "", rendered)


def test_copy_carries_the_text_to_the_letter(page, project):
    rendered = page("::: snippet pricing.shipping:shipping_cost")
    excerpt = find("pricing.shipping:shipping_cost", project.root)
    assert buttons(rendered) == {"Copy": excerpt.copied}


def test_code_that_is_copied_as_it_stands_is_sent_once(page, project):
    project.write("snippets/pricing/whole.py", '"""<W>."""\n\nA = 1\n')
    rendered = page("::: snippet pricing.whole")
    assert buttons(rendered) == {"Copy": '"""<W>."""\n\nA = 1\n'}
    assert "data-copy" not in rendered


def test_a_file_of_no_known_format_is_shown_as_it_is(page, project):
    project.write("snippets/pricing/server.conf", "listen: 4222 # clients\n")
    rendered = page("::: snippet pricing/server.conf")
    assert "listen: 4222 # clients" in re.sub(r"<[^>]+>", "", rendered)


def test_a_snippet_can_be_linked_to_where_it_stands_first(page):
    directive = "::: snippet pricing.shipping:shipping_cost\n\n"
    rendered = page(directive * 2)
    assert rendered.count('<span id="pricing.shipping"></span>') == 1


def test_copy_module_is_offered_where_it_differs(page, project):
    project.write(
        "snippets/pricing/tax.py", '"""T."""\n\nA = 1\n\n\nB = "<&\\"\'>"\n'
    )
    rendered = page("::: snippet pricing.tax:B")
    assert buttons(rendered) == {
        "Copy excerpt": 'B = "<&\\"\'>"\n',
        "Copy module": '"""T."""\n\nA = 1\n\n\nB = "<&\\"\'>"\n',
    }


def test_a_twin_is_marked_and_cannot_be_copied(page):
    rendered = page("::: snippet pricing.shipping_broken")
    assert "Wrong on purpose" in rendered
    assert buttons(rendered) == {}


def test_a_snippet_may_stand_in_an_admonition(page):
    rendered = page(
        '!!! failure "What breaks"\n    ::: snippet pricing.shipping_broken\n'
    )
    assert re.search(
        r'<div class="admonition failure">.*<figure.*</figure>\s*</div>',
        rendered,
        re.DOTALL,
    )


def test_a_fence_shows_the_directive_itself(page):
    rendered = page("```\n::: snippet pricing.shipping\n```")
    assert "::: snippet pricing.shipping" in rendered
    assert "<figure" not in rendered


def test_an_unknown_symbol_fails_the_build_with_page_and_line(
    page, project, monkeypatch
):
    project.write("docs/a.md", "Tax:\n\n::: snippet pricing.shipping:tax\n")
    shown = extension.shown
    monkeypatch.setattr(extension, "shown", lambda: shown(project.root))
    with pytest.raises(BuildError, match=r"docs/a\.md:3: .* has no tax"):
        page("::: snippet pricing.shipping:tax")


def test_without_a_report_it_says_not_verified(page):
    rendered = page("::: snippet pricing.shipping")
    assert "Not verified in this build" in rendered
    assert "passing test" not in rendered


@pytest.fixture
def evidence(project, monkeypatch):
    """A report in which two tests ran the fix, one of them on PostgreSQL."""
    evidence = Evidence(
        finished="2026-11-24T08:00:00+00:00",
        commit="abc1234",
        python="3.11.7",
        green=True,
        servers={"postgres": "PostgreSQL 18.6"},
        topics={"pricing": topic_digest("pricing", project.root)},
        tests={
            f"{MIRROR}::a": Outcome("passed", ["postgres"]),
            f"{MIRROR}::b": Outcome("passed"),
            "tests/snippets/pricing/test_tax.py::c": Outcome("passed"),
            f"{MIRROR}::d": Outcome("xfailed", reason="Pays <shipping>"),
        },
        modules={
            "snippets/pricing/shipping.py": ModuleRun(
                {
                    4: [],
                    6: [f"{MIRROR}::a"],
                    7: [
                        f"{MIRROR}::a",
                        "tests/snippets/pricing/test_tax.py::c",
                    ],
                    8: [f"{MIRROR}::b"],
                }
            ),
            "snippets/pricing/shipping_broken.py": ModuleRun(
                {5: [f"{MIRROR}::b", f"{MIRROR}::d"]}
            ),
        },
    )
    module = evidence.module
    monkeypatch.setattr(
        evidence, "module", lambda path: module(path, project.root)
    )
    monkeypatch.setattr(extension, "load", lambda: evidence)
    return evidence


def words(rendered: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", rendered).split())


def test_the_evidence_line_counts_tests_and_names_servers(page, evidence):
    rendered = words(page("::: snippet pricing.shipping"))
    assert (
        "Run by 2 passing tests and 1 of other snippets on PostgreSQL 18.6."
        in rendered
    )


def test_a_twin_shows_the_symptom_its_test_states(page, evidence):
    rendered = page("::: snippet pricing.shipping_broken")
    assert "Pays &lt;shipping&gt;" in rendered
    assert "Fails 1 test as stated, passes 1 other." in words(rendered)


def test_a_snippet_that_changed_since_the_run_is_not_verified(
    page, evidence, project
):
    project.write("snippets/pricing/shipping.py", "def shipping_cost(): ...\n")
    assert "Not verified in this build" in page("::: snippet pricing.shipping")


def test_what_a_missing_server_left_unrun_is_not_verified(page, evidence):
    run = evidence.modules["snippets/pricing/shipping.py"]
    run.unrun, run.missing = [8], ["NATS", "RabbitMQ"]
    assert "Not verified in this build: no NATS and no RabbitMQ." in page(
        "::: snippet pricing.shipping"
    )


def test_what_ran_all_the_same_is_verified(page, evidence):
    evidence.modules["snippets/pricing/shipping.py"].missing = ["RabbitMQ"]
    assert "Not verified" not in page("::: snippet pricing.shipping")


def test_a_twin_whose_proof_lacked_a_server_is_not_verified(page, evidence):
    run = evidence.modules["snippets/pricing/shipping_broken.py"]
    run.lines, run.missing = {5: [f"{MIRROR}::b"]}, ["RabbitMQ"]
    assert "Not verified in this build: no RabbitMQ." in page(
        "::: snippet pricing.shipping_broken"
    )


def test_declarations_alone_say_so(page, evidence):
    evidence.modules["snippets/pricing/shipping.py"] = ModuleRun({4: []})
    assert "Declarations only" in page("::: snippet pricing.shipping")


def test_a_snippet_names_what_to_copy_along_and_to_install(page, project):
    project.write(
        "snippets/pricing/tax.py",
        "import sqlalchemy\n\nfrom .shipping import shipping_cost\n",
    )
    rendered = words(page("::: snippet pricing.tax"))
    assert "Copy along: shipping.py" in rendered
    assert "Needs: sqlalchemy[asyncio]" in rendered


def test_a_snippet_names_a_driver_that_only_a_url_of_a_sibling_names(
    page, project
):
    project.write(
        "snippets/pricing/storage.py", 'URL = "postgresql+psycopg:"\n'
    )
    project.write("snippets/pricing/rates.py", "from .storage import URL\n")
    assert "Needs: psycopg[binary]" in words(page("::: snippet pricing.rates"))


def test_the_flow_is_drawn_and_outlined(page):
    rendered = page("::: flow guide\n\n::: flow questions")
    assert "flowchart TD" in rendered
    assert "Complex domain logic?" in rendered


def test_a_snippet_names_what_to_copy_along_with_its_folder(page, project):
    project.write(
        "snippets/pricing/quotes/quote.py", "from ..shipping import a\n"
    )
    project.write("snippets/pricing/order.py", "from .quotes.quote import b\n")
    rendered = words(page("::: snippet pricing.order"))
    assert "Copy along: quotes/quote.py , shipping.py" in rendered


def test_a_part_of_the_shop_is_shown_and_not_copied(page, project):
    project.write("snippets/shop/main.py", "from .domain.order import Order\n")
    rendered = page("::: snippet shop.main")
    assert "Part of the reference service" in rendered
    assert buttons(rendered) == {}


def test_a_folder_is_drawn_from_what_its_files_say(page, project):
    project.write("snippets/shop/__init__.py", '"""The shop."""\n')
    project.write("snippets/shop/main.py", '"""Wires.\n\nMore."""\n')
    project.write("snippets/shop/domain/order.py", "")
    project.write("snippets/shop/setup.sh", "#!/bin/sh\n# Installs.\n")
    rendered = page("::: tree shop")
    assert words(rendered) == (
        "shop/ The shop. domain/ order.py main.py Wires. setup.sh Installs."
    )
    assert rendered.count("<ul>") == 3


def test_an_unknown_folder_fails_the_build(page):
    with pytest.raises(BuildError, match=r"tree shap: no folder snippets/shap"):
        page("::: tree shap")


@pytest.mark.parametrize("folder", ["../guide", "/etc"])
def test_a_tree_outside_of_the_snippets_is_none(page, folder):
    with pytest.raises(BuildError, match=f"tree {folder}: no folder"):
        page(f"::: tree {folder}")


def test_companions_of_another_topic_have_their_folder_and_so_all(
    page, project
):
    project.write("snippets/selling/rates.py", "")
    project.write(
        "snippets/selling/offer.py",
        "from ..pricing.shipping import shipping_cost\nfrom . import rates\n",
    )
    rendered = words(page("::: snippet selling.offer"))
    assert "Copy along: pricing/shipping.py , selling/rates.py" in rendered


@pytest.fixture
def bench(page, project, monkeypatch):
    """The small project has one bench, not yet measured."""
    project.write("tests/bench/pricing/free_shipping.py", "")
    load = partial(extension.bench_record.load, root=project.root)
    monkeypatch.setattr(extension.bench_record, "load", load)
    return page


def test_a_bench_is_plot_and_numbers_and_leads_to_how(bench, project):
    RECORD.save(project.root)
    rendered = bench("::: bench free-shipping")
    assert "<figcaption>Shipping &amp; more</figcaption>" in rendered
    assert '<svg viewBox="0 0 400 ' in rendered
    assert "<td>4.00 (3.00 to 4.00)</td>" in rendered
    assert "3 rounds" in rendered
    assert re.search(
        r'<p class="bench__links">\[How it is measured\]'
        r"\[bench-free-shipping\], "
        r'<a href="/evidence/bench/free-shipping.json">',
        rendered,
    )


def test_a_bench_without_a_record_says_so(bench):
    rendered = bench("::: bench free-shipping")
    assert "Not measured yet." in rendered
    assert "[How it is measured][bench-free-shipping]" in rendered
    assert ".json" not in rendered


def test_an_unknown_bench_fails_the_build_with_page_and_line(
    bench, project, monkeypatch
):
    project.write("docs/a.md", "Tax:\n\n::: bench tax\n")
    shown = extension.shown_benches
    monkeypatch.setattr(extension, "shown_benches", lambda: shown(project.root))
    with pytest.raises(BuildError, match=r"docs/a\.md:3: There is no bench"):
        bench("::: bench tax")
