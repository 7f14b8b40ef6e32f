"""Mutation testing of a small project: verdicts, and what is tried again."""

import json
import subprocess
import sys

import pytest

from guide.evidence.mutants import (
    EQUIVALENT,
    KILLED,
    REPORT,
    SURVIVED,
    TIMEOUT,
    html,
    load,
)
from guide.evidence.report import Evidence, ModuleRun, Outcome, text_digest
from guide.layout import ROOT

MODULE = "snippets/pricing/shipping.py"
TESTS = "tests/snippets/pricing/test_shipping.py"
FREE = f"{TESTS}::test_what_is_dear_is_sent_for_nothing"
BELOW = f"{TESTS}::test_below_the_threshold_costs"
SLEEP = "import time; time.sleep(601)"
LIST = """
[[equivalent]]
module = "pricing.shipping"
line = "if total >= 5000:"
operator = "comparison"
reason = "Nobody orders for exactly 50.00"

[[equivalent]]
module = "pricing.shipping"
line = "return 0"
operator = "number"
reason = "One cent is as good as none"
"""


def record(project) -> None:
    """What `make test` would write, but for the seconds."""
    text = (project.root / MODULE).read_text()
    lines = range(1, text.count("\n") + 1)
    run = ModuleRun({line: [FREE, BELOW] for line in lines})
    run.digest = text_digest(text)
    outcomes = {name: Outcome("passed") for name in (FREE, BELOW)}
    evidence = Evidence("", "", "", True, {}, {}, outcomes, {MODULE: run})
    evidence.save(project.root / "build/evidence.json")


def measure(project) -> tuple[int, str]:
    """Runs the command; its exit code and what it said."""
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


def verdicts(project) -> dict[str, tuple[str, str]]:
    """The changed line → status and killing test."""
    return {
        verdict.diff.partition("\n+")[2].strip(): (verdict.status, verdict.test)
        for verdict in load(project.root).modules[MODULE]
    }


@pytest.mark.timeout(300)  # two runs, each with libraries to import
def test_mutants_are_killed_hang_survive_or_are_listed(project):
    project.write(
        TESTS,
        f"""
        import subprocess
        import sys

        from snippets.pricing import shipping


        def test_what_is_dear_is_sent_for_nothing():
            if shipping.shipping_cost(5001):
                command = [sys.executable, "-c", "{SLEEP}"]
                subprocess.run(command, start_new_session=True)


        def test_below_the_threshold_costs():
            assert shipping.shipping_cost(4999) == 490
        """,
    )
    record(project)

    code, said = measure(project)

    assert verdicts(project) == {
        "if total > 5000:": (SURVIVED, ""),
        "if total >= 5001:": (SURVIVED, ""),
        "return 1": (TIMEOUT, FREE),
        "return 491": (KILLED, BELOW),
    }
    assert code == 1
    assert f"{MODULE}:6 comparison" in said
    assert "+    if total > 5000:" in said
    assert "<td>2 (50 %)</td>" in html(project.root)
    assert SLEEP not in subprocess.check_output(["ps", "-ax"], text=True)
    assert not list((project.root / "build").glob("mutants/*/"))

    before = json.loads((project.root / REPORT).read_text())
    for verdict in before["modules"][MODULE]:
        verdict["status"] = verdict["status"].replace(KILLED, "kept")
    (project.root / REPORT).write_text(json.dumps(before))
    project.write("tests/mutation/mutants.toml", LIST)

    code, said = measure(project)

    assert verdicts(project) == {
        "if total > 5000:": (EQUIVALENT, ""),
        "if total >= 5001:": (SURVIVED, ""),
        "return 1": (TIMEOUT, FREE),
        "return 491": ("kept", BELOW),
    }
    assert "listed as equivalent, but killed by" in said
    assert code == 1
