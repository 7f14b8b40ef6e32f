"""The decision flow: sound, and exactly the flow that was agreed."""

import copy
import tomllib

import pytest

from guide.excerpts import ROOT
from guide.flow import FLOW, FlowError, load, markdown, parse

DOMAIN = (
    "domain-driven-design",
    "entities-value-objects",
    "repository-interfaces",
    "use-cases",
)
FIRST_PART = {
    (("complex-domain", "yes"),): DOMAIN,
    (("complex-domain", "no"), ("multiple-sources", "yes")): (
        "repository",
        "use-cases",
    ),
    (
        ("complex-domain", "no"),
        ("multiple-sources", "no"),
        ("cross-aggregate", "yes"),
    ): ("unit-of-work", "use-cases"),
    (
        ("complex-domain", "no"),
        ("multiple-sources", "no"),
        ("cross-aggregate", "no"),
    ): ("direct-repository-calls", "use-cases"),
}
SECOND_PART = {"yes": "saga", "no": "single-transaction"}
THIRD_PART = {"yes": "event-driven", "no": "request-response"}


def test_the_sixteen_paths_are_the_agreed_ones():
    expected = [
        (
            (*asked, ("cross-service", service), ("real-time", live)),
            (*build, SECOND_PART[service], "domain-events", THIRD_PART[live]),
        )
        for asked, build in FIRST_PART.items()
        for service in ("yes", "no")
        for live in ("yes", "no")
    ]

    found = [(route.answers, route.patterns) for route in load().paths()]

    assert len(found) == 16
    assert found == expected


@pytest.fixture
def data():
    return tomllib.loads((ROOT / FLOW).read_text())


def test_a_target_that_does_not_exist_is_refused(data):
    data["questions"]["real-time"]["no"] = "polling"
    with pytest.raises(FlowError, match="real-time leads to polling"):
        parse(data)


def test_a_start_that_does_not_exist_is_refused(data):
    data["start"] = "begin"
    with pytest.raises(FlowError, match="start leads to begin"):
        parse(data)


def test_a_cycle_is_refused(data):
    data["patterns"]["use-cases"]["next"] = "complex-domain"
    with pytest.raises(FlowError, match=r"cycle: .*use-cases"):
        parse(data)


def test_an_orphan_is_refused(data):
    data["patterns"]["polling"] = copy.copy(
        data["patterns"]["request-response"]
    )
    with pytest.raises(FlowError, match="nothing leads to polling"):
        parse(data)


def test_a_question_without_an_answer_is_refused(data):
    del data["questions"]["real-time"]["no"]
    with pytest.raises(FlowError, match=r"questions\.real-time: .*'no'"):
        parse(data)


def test_an_id_is_a_question_or_a_pattern_not_both(data):
    data["patterns"]["real-time"] = data["patterns"]["request-response"]
    with pytest.raises(FlowError, match="real-time is both"):
        parse(data)


def test_the_chart_holds_every_node_and_every_arrow():
    flow, chart = load(), markdown("chart")
    for node in flow.nodes.values():
        assert f'"{node.title}"' in chart
        assert f"click {node.id} href" in chart
    arrows = chart.count(" --> ") + chart.count(" -->|")
    assert arrows == 1 + sum(len(node.targets) for node in flow.nodes.values())


def test_the_outline_links_every_answer_to_what_follows():
    questions, patterns = markdown("questions"), markdown("patterns")
    for question in load().questions:
        assert f"### {question.title} {{ #{question.id} }}" in questions
        for target in question.targets:
            assert f"(#{target})" in questions
    for pattern in load().patterns:
        assert f"### {pattern.title} {{ #{pattern.id} }}" in patterns


def test_a_pattern_links_to_its_page_once_it_has_one(project):
    project.write("docs/decide/flow.toml", (ROOT / FLOW).read_text())
    before = markdown("patterns", project.root)
    project.write("docs/topics/event-driven.md", "")
    after = markdown("patterns", project.root)
    assert "event-driven.md" not in before
    assert "(../topics/event-driven.md#saga)" in after
