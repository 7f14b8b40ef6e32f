"""The report of mutation testing: the table that a page shows."""

import pytest

from guide.evidence.mutants import (
    EQUIVALENT,
    KILLED,
    NOT_MEASURED,
    SURVIVED,
    TIMEOUT,
    Report,
    Verdict,
    html,
    load,
)
from guide.evidence.report import topic_digest

MODULE = "snippets/pricing/shipping.py"


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
