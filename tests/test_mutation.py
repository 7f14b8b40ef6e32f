"""Mutation testing of a small project: verdicts, and what is tried again."""

import subprocess
import sys

import pytest

from guide.evidence import Evidence, ModuleRun, Outcome, text_digest
from guide.excerpts import ROOT
from guide.mutation_report import (
    EQUIVALENT,
    KILLED,
    REPORT,
    SURVIVED,
    TIMEOUT,
    html,
    load,
)

MODULE = "snippets/pricing/shipping.py"
TESTS = "tests/snippets/pricing/test_shipping.py"
THRESHOLD = f"{TESTS}::test_the_threshold_itself_is_free[fix]"
BELOW = f"{TESTS}::test_below_the_threshold_costs"
BOUNDARY = "if total > 5000:"
BLIND = "assert pricing.shipping_cost(9000) == 0"
LISTED = """
[[equivalent]]
module = "pricing.shipping"
line = "if total >= 5000:"
operator = "comparison"
reason = "Nobody orders for exactly 50.00"
"""


@pytest.fixture
def measure(project):
    """Runs the command; its exit code and what it said."""
    text = (project.root / MODULE).read_text()
    lines = range(1, text.count("\n") + 1)
    run = ModuleRun({line: [BELOW, THRESHOLD] for line in lines})
    run.digest = text_digest(text)
    outcomes = {name: Outcome("passed") for name in (THRESHOLD, BELOW)}
    evidence = Evidence("", "", "", True, {}, {}, outcomes, {MODULE: run})
    evidence.save(project.root / "build/evidence.json")

    def measure() -> tuple[int, str]:
        command = [sys.executable, "-m", "tests.mutation", "--jobs", "1"]
        ended = subprocess.run(
            [*command, "--root", project.root],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not ended.stderr, ended.stderr
        return ended.returncode, ended.stdout

    return measure


def blind(project) -> None:
    """Let the tests no longer look at the threshold itself."""
    text = (project.root / TESTS).read_text()
    sighted = "assert pricing.shipping_cost(5000) == 0"
    project.write(TESTS, text.replace(sighted, BLIND))


def verdicts(project) -> dict[str, tuple[str, str]]:
    """The changed line → status and killing test."""
    return {
        verdict.diff.partition("\n+")[2].strip(): (verdict.status, verdict.test)
        for verdict in load(project.root).modules[MODULE]
    }


@pytest.mark.timeout(180)
def test_each_mutant_is_killed_by_a_test(project, measure):
    code, said = measure()

    assert verdicts(project) == {
        BOUNDARY: (KILLED, THRESHOLD),
        "if total >= 5001:": (KILLED, THRESHOLD),
        "return 1": (KILLED, THRESHOLD),
        "return 491": (KILLED, BELOW),
    }
    assert code == 0
    assert "pricing: {'killed': 4}, 100.0 %" in said
    assert "<td>4 (100 %)</td>" in html(project.root)
    assert not list((project.root / "build").glob("mutants/[0-9]*"))


@pytest.mark.timeout(180)
def test_what_survives_is_told_unless_it_is_listed(project, measure):
    blind(project)
    code, said = measure()
    assert code == 1
    assert f"{MODULE}:6 comparison" in said
    assert f"+    {BOUNDARY}" in said
    assert verdicts(project)[BOUNDARY] == (SURVIVED, "")

    report = project.root / REPORT
    report.write_text(report.read_text().replace(BELOW, "not tried again"))
    project.write("tests/mutants.toml", LISTED)
    code, said = measure()
    assert code == 0
    assert verdicts(project)[BOUNDARY] == (EQUIVALENT, "")
    assert verdicts(project)["return 491"] == (KILLED, "not tried again")


@pytest.mark.timeout(180)
def test_a_mutant_that_hangs_is_ended_and_so_is_what_it_started(
    project, measure
):
    project.write(
        TESTS,
        """
        import subprocess
        import sys

        from snippets.pricing import shipping


        def test_the_threshold_itself_is_free():
            if shipping.shipping_cost(5000):
                sleep = "import time; time.sleep(600)"
                subprocess.run(
                    [sys.executable, "-c", sleep], start_new_session=True
                )
        """,
    )

    measure()

    assert verdicts(project)["return 1"][0] == TIMEOUT
    listing = subprocess.run(
        ["ps", "-ax", "-o", "command="],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert "import time; time.sleep(600)" not in listing
