"""The decide page: chart, questions and outline say what the flow says."""

import json
import re
from html import unescape

import pytest

from guide.decide.flow import load
from guide.decide.page import markdown
from guide.layout import FLOW, ROOT


def test_the_chart_holds_every_node_and_every_arrow():
    flow, chart = load(), markdown("guide")
    for node in flow.nodes.values():
        assert f'"{node.title}"' in chart
        assert f"click {node.id} href" in chart
    arrows = re.findall(r" (from-[\w-]+)@-->", chart)
    assert len(arrows) == len(set(arrows))
    assert len(arrows) == 1 + sum(
        len(node.targets) for node in flow.nodes.values()
    )


def test_the_script_is_told_the_whole_flow():
    flow = load()
    attribute = re.search(r'data-flow="(.*?)"', markdown("guide"))[1]
    data = json.loads(unescape(attribute))
    assert data["start"] == flow.start
    assert data["none"] == "all-no"
    assert data["nodes"].keys() == flow.nodes.keys()
    for question in flow.questions:
        assert data["nodes"][question.id] == {
            "yes": question.yes,
            "no": question.no,
        }
    for pattern in flow.patterns:
        assert data["nodes"][pattern.id] == {"next": pattern.next}


@pytest.mark.parametrize("question", load().questions, ids=lambda q: q.id)
def test_a_question_is_an_addressable_section_with_all_it_has(question):
    text = markdown("questions")
    section = text.partition(f"### {question.title} {{ #{question.id} }}")[2]
    section = section.partition("</section>")[0]
    for part in (
        question.ask,
        *question.signs_yes,
        *question.signs_no,
        question.example,
        *question.not_sure.settle,
        f"**{question.not_sure.take}**. {question.not_sure.because}",
    ):
        assert part in section
    for target in question.targets:
        assert f"(#{target})" in section


def test_the_outline_has_every_outcome_once_under_its_answers():
    outline = markdown("outline")
    for walk in load().outcomes():
        (line,) = [
            line
            for line in outline.splitlines()
            if f"**[{walk.title}](outcomes/{walk.slug}.md)**" in line
        ]
        assert line.startswith("    " * (len(walk.answers) - 1) + "- ")


def test_every_pattern_is_a_section():
    text = markdown("patterns")
    for pattern in load().patterns:
        assert f"### {pattern.title} {{ #{pattern.id} }}" in text


def test_a_pattern_links_to_its_page_once_it_has_one(project):
    project.write("docs/decide/flow.toml", (ROOT / FLOW).read_text())
    before = markdown("patterns", project.root), markdown("guide", project.root)
    project.write("docs/topics/event-driven/saga.md", "")
    after = markdown("patterns", project.root), markdown("guide", project.root)
    assert "event-driven.md" not in before[0]
    assert 'click saga href "#saga"' in before[1]
    assert "(../topics/event-driven/saga.md)" in after[0]
    assert 'click saga href "../topics/event-driven/saga/"' in after[1]
