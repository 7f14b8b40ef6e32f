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
    "Valkey": "redis_url",
    "NATS": "nats_url",
    "RabbitMQ": "amqp_url",
    "Temporal": "temporal_url",
    "Chromium": "launch",
}
each_product = pytest.mark.parametrize("product", FIXTURES)
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
    machine.write("snippets/pricing/rate.py", "def rate():\n    return 19\n")
    machine.write("snippets/pricing/rate_broken.py", "def rate(): return 7\n")
    machine.write(
        "docs/topics/rate.md",
        "::: snippet pricing.rate\n::: snippet pricing.rate_broken\n",
    )
    machine.write("tests/snippets/pricing/test_rate.py", needing(product))


def needing(product):
    return f"""
        import pytest

        from snippets.pricing import rate, rate_broken
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


@each_product
def test_without_it_the_run_is_green_and_says_how_to_get_it(
    machine, product, monkeypatch
):
    show_rates(machine, product)

    run = verify(machine)

    assert run.returncode == 0, run.stdout
    assert run.stdout.splitlines()[-2] == (
        f"No {product}, 2 tests skipped: hidden by WITHOUT"
    )
    assert report_of(machine).is_current(machine.root)
    assert report_of(machine).summary().endswith(f"passed, without {product}")
    for snippet in ("pricing.rate", "pricing.rate_broken"):
        assert shown_as(snippet, machine, monkeypatch) == (
            f"Not verified in this build: no {product}."
        )
    assert shown_as("pricing.shipping", machine, monkeypatch) == (
        "Run by 2 passing tests."
    )


def test_in_ci_the_lack_of_each_is_red(machine):
    for product in FIXTURES:
        show_rates(machine, product)
        mirror = machine.root / "tests/snippets/pricing/test_rate.py"
        mirror.rename(machine.root / f"tests/test_{product}.py")

    run = verify(machine, CI="true")

    assert run.returncode == 1
    for product in FIXTURES:
        assert re.search(
            rf"^ERROR tests/test_{product}.py::test_rate\[.* - "
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
