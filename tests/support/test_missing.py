"""A machine that lacks a server or the browser: green, and says what it skips.

With ``CI=true`` the same run is red.
"""

import os
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from guide.decide import bundle
from guide.evidence import report as evidence
from guide.evidence.report import REPORT
from guide.layout import ROOT
from guide.site.directives import proof
from guide.snippets.source import find

# Each starts a pytest with all of the fixtures' libraries.
pytestmark = pytest.mark.timeout(240)

COMMAND = [
    *[sys.executable, "-m", "pytest", "-q", "-p", "guide.evidence.plugin"],
    *["--evidence", str(REPORT), "--evidence-root", "."],
    *["--cov=snippets", "--cov-branch", "--cov-context=test"],
    "--cov-report=",
    *["-p", "no:cacheprovider", "-p", "pytest_cov", "-p", "xdist"],
    *["-p", "pytest_asyncio.plugin", "-p", "pytest_timeout"],
]
FIXTURES = {
    "PostgreSQL": "postgres_url",
    "PgBouncer": "pgbouncer_url",
    "Valkey": "redis_url",
    "NATS": "nats_url",
    "RabbitMQ": "amqp_url",
    "Temporal": "temporal_url",
    "Chromium": "launch",
}
OURS = ("tests/conftest.py", "tests/site/conftest.py")


@pytest.fixture
def machine(project, tmp_path):
    """The small project under the real fixtures, on a machine without all."""
    for path in bundle.closure(map(Path, OURS)):
        if path.parts[0] == "tests":
            target = project.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, target)
    project.write("pytest.ini", "[pytest]\nasyncio_mode = auto\n")
    return project


def show_rates(machine, product):
    """A snippet and its twin, whose mirror needs the product."""
    name = f"{product.lower()}_rate"
    snippet = f"snippets/pricing/{name}"
    machine.write(f"{snippet}.py", "def rate():\n    return 19\n")
    machine.write(f"{snippet}_broken.py", "def rate(): return 7\n")
    machine.write(
        f"docs/topics/{name}.md",
        f"::: snippet pricing.{name}\n::: snippet pricing.{name}_broken\n",
    )
    machine.write(
        f"tests/snippets/pricing/test_{name}.py", needing(product, name)
    )


def needing(product, name):
    return f"""
        import pytest

        from snippets.pricing import {name} as rate
        from snippets.pricing import {name}_broken as rate_broken
        from tests.site.conftest import launch

        fix_and_twin = pytest.mark.parametrize(
            "rates",
            [
                rate,
                pytest.param(
                    rate_broken,
                    marks=pytest.mark.xfail(
                        strict=True, raises=AssertionError, reason="Pays 7"
                    ),
                ),
            ],
        )


        @fix_and_twin
        def test_rate(rates, {FIXTURES[product]}):
            assert rates.rate() == 19
        """


def verify(machine, *arguments, **variables):
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "COV_"))
        and not name.endswith("_URL")
        and name != "CI"
    }
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=machine.root,
        env=environment
        | {
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": str(ROOT),
            "WITHOUT": " ".join(FIXTURES),
        }
        | variables,
        check=False,
        capture_output=True,
        text=True,
    )


def report_of(machine):
    report = evidence.load(machine.root)
    assert report is not None
    return report


def shown_as(reference, machine, monkeypatch):
    """What the page of this build says under the snippet."""
    report = report_of(machine)
    module = partial(report.module, root=machine.root)
    monkeypatch.setattr(report, "module", module)
    line = proof(find(reference, machine.root), report)
    return re.sub(r"<[^>]+>", "", line)


def test_without_each_the_run_is_green_and_says_how_to_get_it(
    machine, monkeypatch
):
    """In one run: what needs another product is no excuse for a line."""
    for product in FIXTURES:
        show_rates(machine, product)

    run = verify(machine)

    assert run.returncode == 0, run.stdout
    for product in FIXTURES:
        assert (
            f"No {product}, 2 tests skipped: hidden by WITHOUT"
            in run.stdout.splitlines()
        )
        rate = f"pricing.{product.lower()}_rate"
        for reference in (rate, f"{rate}_broken"):
            assert shown_as(reference, machine, monkeypatch) == (
                f"Not verified in this build: no {product}."
            )
    assert report_of(machine).is_current(machine.root)
    _, _, lacking = report_of(machine).summary().partition("passed, without ")
    assert sorted(re.split(", | and ", lacking)) == sorted(FIXTURES)
    assert shown_as("pricing.shipping", machine, monkeypatch) == (
        "Run by 2 passing tests."
    )


def test_in_ci_the_lack_of_each_is_red(machine):
    for product in FIXTURES:
        show_rates(machine, product)

    run = verify(machine, CI="true")

    assert run.returncode == 1
    for product in FIXTURES:
        mirror = f"tests/snippets/pricing/test_{product.lower()}_rate.py"
        assert re.search(
            rf"^ERROR {mirror}::test_rate\[.* - "
            rf"Failed: No {product}: hidden by WITHOUT$",
            run.stdout,
            re.MULTILINE,
        )
    assert not report_of(machine).green


def test_a_hidden_product_that_there_is_none_of_is_refused(machine):
    run = verify(machine, WITHOUT="RabbitMQ,rabbitmp")
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "WITHOUT names rabbitmp, not one of PostgreSQL" in run.stderr


def test_a_machine_without_a_browser_says_which_to_install(machine):
    show_rates(machine, "Chromium")
    others = " ".join(FIXTURES.keys() - {"Chromium"})
    nowhere = str(machine.root / "nowhere")

    run = verify(
        machine,
        PATH=nowhere,
        PLAYWRIGHT_BROWSERS_PATH=nowhere,
        WITHOUT=others,
    )

    assert run.stdout.splitlines()[-2] == (
        "No Chromium, 2 tests skipped: apt install chromium-headless-shell, "
        "or .venv/bin/playwright install chromium"
    )
