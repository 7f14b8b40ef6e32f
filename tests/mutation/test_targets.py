"""What is measured, and the list of mutants that no test can tell."""

from pathlib import Path

import pytest

from tests.mutation.targets import (
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
    project.write("tests/mutation/mutants.toml", ENTRY.replace(old, new))

    findings = list(stale_equivalents(project.root))

    assert [finding in each for each in findings] == [True] * bool(finding)


def test_every_entry_of_the_list_matches_a_mutant_of_today():
    assert list(stale_equivalents()) == []
