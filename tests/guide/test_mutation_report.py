"""The report of mutation testing: its table, and the list of equivalents."""

from pathlib import Path

import pytest

from guide.evidence import topic_digest
from guide.mutation_report import (
    EQUIVALENT,
    KILLED,
    NOT_MEASURED,
    SURVIVED,
    TIMEOUT,
    Report,
    Verdict,
    html,
    load,
    mutants_of,
    shown_lines,
    stale_equivalents,
)

MODULE = "snippets/pricing/shipping.py"
ENTRY = """
[[equivalent]]
module = "pricing.shipping"
line = "if total >= 5000:"
operator = "comparison"
becomes = "total > 5000"
symbol = "shipping_cost"
reason = "Nobody orders for exactly 50.00"
"""


@pytest.fixture
def report(project):
    statuses = (KILLED, KILLED, TIMEOUT, SURVIVED, EQUIVALENT)
    report = Report(
        {"pricing": topic_digest("pricing", project.root)},
        {MODULE: [Verdict(6, "number", "", status) for status in statuses]},
    )
    report.save(project.root)
    return report


def test_the_table_counts_by_topic_and_leaves_out_equivalents(project, report):
    assert load(project.root) == report
    assert (
        "<td>Pricing</td><td>5</td><td>3 (75 %)</td><td>1</td><td>1</td>"
        in html(project.root)
    )


def test_what_changed_since_or_was_never_measured_is_not_told(project, report):
    project.write(MODULE, "x = 1")
    assert html(project.root) == NOT_MEASURED

    (project.root / "build/mutants.json").unlink()
    assert html(project.root) == NOT_MEASURED


def test_lines_are_those_that_a_page_shows_and_of_no_twin(project):
    path = Path(MODULE)
    lines = shown_lines(project.root)
    assert lines == {path: {4, 5, 6, 7, 8}}
    assert len(mutants_of(path, lines[path], project.root)) == 4
    assert mutants_of(path, {8}, project.root)[0].becomes == "491"

    project.write("docs/topics/pricing/index.md", "::: snippet pricing.other")
    assert shown_lines(project.root) == {}


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("", "", None),
        ("total >=", "sum >=", "no mutant of pricing.shipping is: comparison"),
        ("> 5000", "> 6000", "no mutant of pricing.shipping is: comparison"),
        ("shipping_cost", "other", "no mutant of pricing.shipping is: compar"),
        ("pricing.", "prices.", "no mutant of prices.shipping"),
        ("Nobody orders for exactly 50.00", " ", "say why"),
    ],
)
def test_an_entry_must_match_a_mutant_and_say_why(project, old, new, finding):
    project.write("tests/mutants.toml", ENTRY.replace(old, new))

    findings = list(stale_equivalents(project.root))

    assert [finding in each for each in findings] == [True] * bool(finding)
