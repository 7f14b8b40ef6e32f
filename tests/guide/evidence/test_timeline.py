"""The timeline of a rollout: only what the last green run saw."""

import re

import pytest
from markdown import Markdown

from guide.evidence.report import topic_digest
from guide.evidence.timeline import Phase, Timeline, html, load
from guide.site import directives as extension


@pytest.fixture
def rollouts(project):
    twin = [Phase("a <step>", 1.0, {"old": 5}, {"old": 5}, 0.0421)]
    Timeline("pricing", "lab", "all at once", twin, 2).save(project.root)
    fix = [
        Phase("before", 1.0, {"old": 20}, {}, 0.01),
        Phase("deploy", 3.0, {"old": 10, "new": 12}, {}, 0.2),
        Phase("stop", 0.5, {"new": 8}, {}, 0.03),
    ]
    Timeline("pricing", "lab", "in steps", fix, 0).save(project.root)


def test_each_way_is_told_in_numbers_the_best_first(
    project, evidence, rollouts
):
    rendered = html("pricing.lab", evidence, project.root)

    assert re.findall(r"<figcaption>(.*?)</figcaption>", rendered) == [
        "<strong>in steps</strong>: 50 requests in 4.5 s, 0 failed,"
        " 0 rows wrong.",
        "<strong>all at once</strong>: 5 requests in 1.0 s, 5 failed,"
        " 2 rows wrong.",
    ]
    assert re.findall(r"<td>(.*?)</td>", rendered) == [
        *("before", "20", "", "0", "10 ms"),
        *("deploy", "10", "12", "0", "200 ms"),
        *("stop", "", "8", "0", "30 ms"),
        *("a &lt;step&gt;", "5", "<strong>5</strong>", "42 ms"),
    ]


def test_a_release_has_a_lane_and_a_bar_for_each_phase(
    project, evidence, rollouts
):
    fix, twin = re.findall(
        r"<svg.*?</svg>", html("pricing.lab", evidence, project.root)
    )
    assert 'aria-label="old, then new, from left to right"' in fix
    bar = r'<rect x="(.*?)" y="(.*?)" width="(.*?)".*?fill="(.*?)"'
    own = "currentColor"
    assert re.findall(bar, fix) == [
        ("60.0", "0", "119.0", own),
        ("180.0", "0", "359.0", own),
        ("180.0", "24", "359.0", own),
        ("540.0", "24", "59.0", own),
    ]
    assert re.findall(bar, twin) == [("60.0", "0", "539.0", "#e5484d")]
    name = r'<text x="0" y="(.*?)".*?>(.*?)</text>'
    assert re.findall(name, fix) == [("16", "old"), ("40", "new")]


def test_a_rollout_without_a_phase_is_drawn_all_the_same(project, evidence):
    Timeline("pricing", "lab", "in steps", [], 0).save(project.root)
    assert "0 requests in 0.0 s" in html("pricing.lab", evidence, project.root)


def test_one_rollout_does_not_take_the_ways_of_another(project, rollouts):
    Timeline("pricing", "lab2", "in steps", [], 0).save(project.root)
    ways = [each.way for each in load("pricing", "lab", project.root)]
    assert ways == ["in steps", "all at once"]


def test_without_a_report_it_is_not_verified(project, evidence):
    assert "Not verified" in html("pricing.lab", evidence, project.root)


def test_without_a_green_run_it_is_not_verified(project, evidence, rollouts):
    assert "Not verified" in html("pricing.lab", None, project.root)
    evidence.green = False
    assert "Not verified" in html("pricing.lab", evidence, project.root)


def test_a_report_of_other_snippets_is_not_shown(project, evidence, rollouts):
    project.write("snippets/pricing/shipping.py", "COST = 490\n")
    evidence.topics["pricing"] = topic_digest("pricing", project.root)
    assert "Not verified" in html("pricing.lab", evidence, project.root)


def test_a_page_shows_a_timeline_by_a_line_of_its_own(monkeypatch):
    monkeypatch.setattr(extension.timeline, "html", lambda *_: "<b>it</b>")
    page = Markdown(extensions=[extension.makeExtension()])
    assert page.convert("::: timeline pricing.lab") == "<p><b>it</b></p>"


def test_the_lane_of_whoever_failed_is_red(project, evidence):
    phases = [Phase("both", 1.0, {"old": 5, "new": 5}, {"new": 1}, 0.1)]
    Timeline("pricing", "lab", "in steps", phases, 0).save(project.root)
    rendered = html("pricing.lab", evidence, project.root)
    assert re.findall(r'<rect.*?y="(\d+)".*?fill="(.*?)"', rendered) == [
        ("0", "currentColor"),
        ("24", "#e5484d"),
    ]
