"""The crash-point matrix: only what the last green run found."""

import re

import pytest
from markdown import Markdown

from guide.evidence.crash_points import (
    HELD,
    REPORTS,
    UNDISTURBED,
    Report,
    html,
    load,
)
from guide.evidence.report import topic_digest
from guide.site import directives as extension


@pytest.fixture
def reports(project):
    fix = Report(
        "pricing",
        "outbox",
        "fix",
        {UNDISTURBED: HELD, "a, before": HELD, "b": HELD},
    )
    twin = Report(
        "pricing", "outbox", "after <commit>", {"b": "event lost", "c": HELD}
    )
    twin.save(project.root)
    fix.save(project.root)


def test_the_matrix_lists_every_boundary_the_fix_first(
    project, evidence, reports
):
    rendered = html("pricing.outbox", evidence, project.root)

    assert (
        "fix held at all 2 boundaries; after &lt;commit&gt; failed at 1 of 2"
        in rendered
    )
    assert re.findall(r"<code>(.*?)</code>", rendered) == [
        UNDISTURBED,
        "a, before",
        "b",
        "c",
    ]
    assert re.findall(r"<td>((?!<code>).*?)</td>", rendered) == [
        *("held", "not passed"),
        *("held", "not passed"),
        *("held", "<strong>event lost</strong>"),
        *("not passed", "held"),
    ]


def test_one_matrix_does_not_take_the_columns_of_another(project, reports):
    Report("pricing", "outbox2", "fix", {}).save(project.root)
    assert [
        report.way for report in load("pricing", "outbox", project.root)
    ] == [
        "fix",
        "after <commit>",
    ]


def test_without_a_report_it_is_not_verified(project, evidence):
    assert "Not verified" in html("pricing.outbox", evidence, project.root)


def test_without_a_green_run_it_is_not_verified(project, evidence, reports):
    assert "Not verified" in html("pricing.outbox", None, project.root)
    evidence.green = False
    assert "Not verified" in html("pricing.outbox", evidence, project.root)


def test_a_report_of_other_snippets_is_not_shown(project, evidence, reports):
    project.write("snippets/pricing/shipping.py", "COST = 490\n")
    evidence.topics["pricing"] = topic_digest("pricing", project.root)
    assert "Not verified" in html("pricing.outbox", evidence, project.root)


def test_a_report_names_no_folder_of_this_machine(project, reports):
    for path in (project.root / REPORTS).iterdir():
        assert str(project.root) not in path.read_text()


def test_a_page_shows_a_matrix_by_a_line_of_its_own(monkeypatch):
    monkeypatch.setattr(extension.crash_points, "html", lambda *_: "<b>it</b>")
    page = Markdown(extensions=[extension.makeExtension()])
    assert page.convert("::: crash-points pricing.outbox") == "<p><b>it</b></p>"
