"""The evidence report: what a run proves, and what makes it red."""

import json
import os
import subprocess
import sys

import pytest

from guide.evidence.report import REPORT, Evidence, load, topic_digest
from guide.layout import ROOT

COMMAND = [
    *[sys.executable, "-m", "pytest", "-p", "guide.evidence.plugin"],
    *["--evidence", str(REPORT), "--evidence-root", "."],
    *["--cov=snippets", "--cov-branch", "--cov-context=test"],
    "--cov-report=",
    *["-p", "no:cacheprovider", "-p", "pytest_cov", "-p", "xdist"],
]


@pytest.fixture
def verify(project):

    def run(*arguments) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=project.root,
            env={
                name: value
                for name, value in (
                    os.environ | {"PYTHONPATH": str(ROOT)}
                ).items()
                if not name.startswith(("PYTEST_", "COV_"))
            }
            | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            check=False,
            capture_output=True,
            text=True,
        )

    return run


def evidence_of(project) -> Evidence:
    evidence = load(project.root)
    assert evidence is not None
    return evidence


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_a_green_run_says_which_test_ran_which_line(project, verify, workers):
    run = verify(*workers)

    evidence = evidence_of(project)
    fix = evidence.modules["snippets/pricing/shipping.py"]
    mirror = "tests/snippets/pricing/test_shipping.py"
    assert run.returncode == 0, run.stdout
    assert evidence.green
    assert fix.lines[7] == [f"{mirror}::test_the_threshold_itself_is_free[fix]"]
    assert fix.lines[8] == [f"{mirror}::test_below_the_threshold_costs"]
    assert "passed" in run.stdout.splitlines()[-1]


def test_the_report_keeps_the_stated_symptom_of_a_twin(project, verify):
    verify()

    twin = evidence_of(project).modules["snippets/pricing/shipping_broken.py"]
    (test,) = twin.tests(1, 99)
    assert evidence_of(project).tests[test].status == "xfailed"
    assert evidence_of(project).tests[test].reason == (
        "An order of exactly 50.00 pays shipping"
    )


def test_a_shown_line_no_test_ran_is_red_with_page_file_and_line(
    project, verify
):
    project.write(
        "tests/snippets/pricing/test_shipping.py",
        project.root.joinpath("tests/snippets/pricing/test_shipping.py")
        .read_text()
        .partition("def test_below")[0],
    )

    run = verify()

    assert run.returncode == 1
    assert (
        "docs/topics/pricing/index.md:3: no test ran "
        "snippets/pricing/shipping.py:8"
    ) in run.stdout
    assert not evidence_of(project).green


def test_a_line_that_only_a_failing_test_ran_counts_as_not_run(project, verify):
    project.write(
        "tests/snippets/pricing/test_more.py",
        """
        from snippets.pricing.tax import tax


        def test_tax():
            assert tax() == 7
        """,
    )
    project.write("snippets/pricing/tax.py", "def tax():\n    return 19\n")
    project.write("docs/topics/pricing/tax.md", "::: snippet pricing.tax\n")

    run = verify()

    assert (
        "docs/topics/pricing/tax.md:1: no test ran snippets/pricing/tax.py:2"
        in run.stdout
    )


def test_a_line_that_only_a_bench_ran_counts_as_not_run(project, verify):
    project.write(
        "tests/bench/test_benches.py",
        """
        from snippets.pricing.tax import tax


        def test_tax():
            assert tax() == 19
        """,
    )
    project.write("snippets/pricing/tax.py", "def tax():\n    return 19\n")
    project.write("docs/topics/pricing/tax.md", "::: snippet pricing.tax\n")

    run = verify()

    assert run.returncode == 1
    assert (
        "docs/topics/pricing/tax.md:1: no test ran snippets/pricing/tax.py:2"
        in run.stdout
    )


def test_a_shown_branch_no_test_took_is_red(project, verify):
    project.write(
        "snippets/pricing/tax.py",
        """
        def tax(rate):
            if rate:
                rate += 1
            return rate
        """,
    )
    project.write(
        "tests/snippets/pricing/test_tax.py",
        """
        from snippets.pricing.tax import tax


        def test_tax():
            assert tax(7) == 8
        """,
    )
    project.write("docs/topics/pricing/tax.md", "::: snippet pricing.tax:tax\n")

    run = verify()

    assert run.returncode == 1
    assert (
        "docs/topics/pricing/tax.md:1: no test took a branch of "
        "snippets/pricing/tax.py:2"
    ) in run.stdout


def test_a_shown_module_nothing_imports_is_red(project, verify):
    project.write("snippets/tax.py", "RATE = 19\n")
    project.write("docs/topics/pricing/tax.md", "::: snippet other.tax\n")
    project.write("snippets/other/tax.py", "RATE = 19\n")

    run = verify()

    assert run.returncode == 1
    assert "docs/topics/pricing/tax.md:1: nothing imports" in run.stdout


def test_a_twin_that_passes_is_red(project, verify):
    project.write(
        "snippets/pricing/shipping_broken.py",
        """
        def shipping_cost(total: int) -> int:
            return 0 if total >= 5000 else 490
        """,
    )

    run = verify()

    assert run.returncode == 1
    assert "[XPASS(strict)]" in run.stdout
    assert not evidence_of(project).green


def test_a_twin_that_fails_otherwise_than_stated_is_red(project, verify):
    project.write(
        "snippets/pricing/shipping_broken.py",
        "def shipping_cost(total):\n    return total.amount\n",
    )

    run = verify()

    assert run.returncode == 1
    assert "AttributeError" in run.stdout


def test_a_twin_that_nothing_proves_wrong_is_red(project, verify):
    project.write(
        "snippets/pricing/tax_broken.py", "def tax():\n    return 19\n"
    )
    project.write(
        "tests/snippets/pricing/test_tax.py",
        """
        from snippets.pricing.tax_broken import tax


        def test_tax():
            assert tax() == 19
        """,
    )
    project.write(
        "docs/topics/pricing/tax.md", "::: snippet pricing.tax_broken\n"
    )

    run = verify()

    assert run.returncode == 1
    assert (
        "docs/topics/pricing/tax.md:1: no test proves "
        "snippets/pricing/tax_broken.py wrong"
    ) in run.stdout


def test_a_twin_may_be_proven_wrong_in_a_child_process(project, verify):
    project.write(
        "snippets/pricing/tax_broken.py", "def tax():\n    return 19\n"
    )
    project.write(
        "tests/snippets/pricing/test_tax.py",
        """
        import subprocess
        import sys

        import pytest

        from snippets.pricing.tax_broken import tax


        def test_tax():
            assert tax() == 19


        @pytest.mark.child_process("pricing.tax_broken")
        @pytest.mark.xfail(strict=True, raises=AssertionError, reason="19 %")
        def test_tax_of_books():
            program = "from snippets.pricing.tax_broken import tax; "
            program += "raise SystemExit(tax())"
            assert subprocess.call([sys.executable, "-c", program]) == 7
        """,
    )
    project.write(
        "docs/topics/pricing/tax.md", "::: snippet pricing.tax_broken\n"
    )

    run = verify()

    assert run.returncode == 0, run.stdout
    twin = evidence_of(project).modules["snippets/pricing/tax_broken.py"]
    assert twin.elsewhere == [
        "tests/snippets/pricing/test_tax.py::test_tax_of_books"
    ]
    assert twin.tests(1, 2) == [
        "tests/snippets/pricing/test_tax.py::test_tax",
        "tests/snippets/pricing/test_tax.py::test_tax_of_books",
    ]


def test_a_child_process_mark_that_names_no_module_is_red(project, verify):
    project.write(
        "tests/snippets/pricing/test_more.py",
        """
        import pytest


        @pytest.mark.child_process("pricing.freight_broken")
        def test_tax():
            assert True
        """,
    )

    run = verify()

    assert run.returncode == 1
    assert (
        "tests/snippets/pricing/test_more.py::test_tax: "
        "there is no snippets/pricing/freight_broken.py"
    ) in run.stdout


@pytest.fixture
def without_nats(project):
    """`tax`, whose mirror needs NATS, and `duty`, whose mirror does not.

    No test runs the duty.
    """
    source = (ROOT / "tests/support/missing.py").read_text()
    project.write("tests/support/missing.py", source)
    project.write(
        "conftest.py",
        """
        import pytest

        from tests.support import missing


        def pytest_configure(config):
            config.pluginmanager.register(missing)


        @pytest.fixture
        def nats_url():
            missing.give_up("nats", "install it")
        """,
    )
    project.write("snippets/pricing/tax.py", "def tax():\n    return 19\n")
    project.write("snippets/pricing/tax_broken.py", "def tax(): return 7\n")
    project.write("snippets/pricing/duty.py", "def duty():\n    return 3\n")
    project.write(
        "tests/snippets/pricing/test_tax.py",
        """
        import pytest

        from snippets.pricing import tax, tax_broken


        @pytest.mark.parametrize(
            "taxes",
            [
                tax,
                pytest.param(tax_broken, marks=pytest.mark.xfail(reason="7 %")),
            ],
        )
        def test_tax(taxes, nats_url):
            assert taxes.tax() == 19
        """,
    )
    project.write(
        "docs/topics/pricing/tax.md",
        "::: snippet pricing.tax\n::: snippet pricing.tax_broken\n",
    )
    return project


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_a_line_whose_tests_lacked_a_server_is_excused(
    without_nats, verify, monkeypatch, workers
):
    monkeypatch.delenv("CI", raising=False)
    run = verify(*workers)

    evidence = evidence_of(without_nats)
    assert run.returncode == 0, run.stdout
    assert evidence.is_current(without_nats.root)
    assert evidence.missing() == ["NATS"]
    assert evidence.missing("tests/snippets/other/") == []
    for module in ("tax", "tax_broken"):
        run_of_it = evidence.modules[f"snippets/pricing/{module}.py"]
        assert run_of_it.missing == ["NATS"]
    assert "what is missing: 3 shown lines, as their pages say" in run.stdout
    assert "No NATS, 2 tests skipped: install it" in run.stdout


def test_a_line_of_another_module_is_not(without_nats, verify, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    without_nats.write("docs/topics/duty.md", "::: snippet pricing.duty\n")

    run = verify()

    assert run.returncode == 1
    assert [line for line in run.stdout.splitlines() if "NOT RUN" in line] == [
        "NOT RUN docs/topics/duty.md:1: no test ran snippets/pricing/duty.py:1",
        "NOT RUN docs/topics/duty.md:1: no test ran snippets/pricing/duty.py:2",
    ]
    assert not evidence_of(without_nats).green


@pytest.mark.parametrize(
    "file", ["tests/shop/test_customs.py", "tests/shop/conftest.py"]
)
def test_a_skipped_test_excuses_what_its_file_or_conftest_imports(
    without_nats, verify, monkeypatch, file
):
    monkeypatch.delenv("CI", raising=False)
    without_nats.write("docs/topics/duty.md", "::: snippet pricing.duty\n")
    customs = "def test_customs(nats_url):\n    assert True\n"
    without_nats.write("tests/shop/test_customs.py", customs)
    path = without_nats.root / file
    text = path.read_text() if path.exists() else ""
    path.write_text(f"from snippets.pricing.duty import duty\n\n\n{text}")

    run = verify()

    assert run.returncode == 0, run.stdout
    duty = evidence_of(without_nats).modules["snippets/pricing/duty.py"]
    assert duty.missing == ["NATS"]


def test_a_skip_for_any_other_reason_excuses_nothing(
    without_nats, verify, monkeypatch
):
    monkeypatch.delenv("CI", raising=False)
    conftest = without_nats.root / "conftest.py"
    conftest.write_text(
        conftest.read_text().replace(
            'missing.give_up("nats", "install it")',
            'pytest.skip("No NATS: install it")',
        )
    )

    run = verify()

    assert run.returncode == 1
    assert "no test ran snippets/pricing/tax.py:2" in run.stdout


def test_a_skipped_test_excuses_what_it_judges_in_a_child_process(
    without_nats, verify, monkeypatch
):
    monkeypatch.delenv("CI", raising=False)
    without_nats.write("docs/topics/duty.md", "::: snippet pricing.duty\n")
    without_nats.write(
        "tests/test_customs.py",
        """
        import pytest


        @pytest.mark.child_process("pricing.duty")
        def test_customs(nats_url):
            assert True
        """,
    )

    run = verify()

    assert run.returncode == 0, run.stdout
    assert evidence_of(without_nats).modules[
        "snippets/pricing/duty.py"
    ].missing == ["NATS"]


def test_in_ci_what_lacks_a_server_is_red(without_nats, verify, monkeypatch):
    monkeypatch.setenv("CI", "true")

    run = verify()

    assert run.returncode == 1
    assert "Failed: No NATS: install it" in run.stdout
    assert "no test ran snippets/pricing/tax.py:2" in run.stdout


@pytest.mark.parametrize("reports", ["crash_points", "timelines"])
def test_what_a_page_shows_of_a_run_stems_from_the_last(
    project, verify, reports
):
    project.write(f"build/{reports}/pricing.outbox.fix.json", "{}")
    verify()
    assert not (project.root / "build" / reports).exists()


def test_without_git_the_report_names_no_commit(project, verify, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    run = verify()
    assert run.returncode == 0, run.stdout
    assert evidence_of(project).commit == ""


def test_a_run_without_coverage_is_red(verify):
    run = verify("--no-cov")
    assert run.returncode == 1
    assert "Nothing was measured" in run.stdout


def test_a_changed_snippet_is_no_longer_verified(project, verify):
    verify()
    evidence = evidence_of(project)
    (path,) = [
        path
        for path in map(project.root.joinpath, evidence.modules)
        if path.stem == "shipping"
    ]
    relative = path.relative_to(project.root)
    assert evidence.is_current(project.root)
    assert evidence.module(relative, project.root) is not None

    path.write_text(path.read_text() + "\n")

    assert not evidence.is_current(project.root)
    assert evidence.module(relative, project.root) is None


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "no json", json.dumps({"tests": 1})]
)
def test_an_unreadable_report_counts_as_none(project, text):
    project.write(str(REPORT), text)
    assert load(project.root) is None


def test_every_line_of_the_shop_is_shown_so_it_must_run(project, verify):
    project.write("snippets/shop/__init__.py", "")
    project.write(
        "snippets/shop/domain/order.py",
        """
        def is_full(lines: int) -> bool:
            return lines >= 10
        """,
    )
    project.write(
        "tests/shop/test_domain.py",
        "from snippets.shop.domain.order import is_full\n\n\n"
        "def test_nothing():\n    pass\n",
    )
    run = verify()
    assert run.returncode == 1
    assert (
        "NOT RUN docs/reference/shop/domain/order.md:1: "
        "no test ran snippets/shop/domain/order.py:2"
    ) in run.stdout


@pytest.mark.parametrize(
    "changed",
    [
        "snippets/shop/main.py",
        "tests/shop/test_main.py",
        "snippets/pricing/x.py",
    ],
)
def test_the_shop_stands_on_its_tests_and_on_every_topic(project, changed):
    project.write("snippets/shop/main.py", "")
    shop = topic_digest("shop", project.root)
    project.write(changed, "# changed\n")
    assert topic_digest("shop", project.root) != shop


def test_a_topic_does_not_stand_on_the_shop(project):
    pricing = topic_digest("pricing", project.root)
    project.write("snippets/shop/main.py", "")
    assert topic_digest("pricing", project.root) == pricing
