"""The outcome pages: composed from the patterns on the path and the answers."""

import re

import pytest

from guide.decide import outcomes
from guide.decide.flow import left_out, load
from guide.decide.record import adr
from guide.layout import ROOT

FLOW = load()
OUTCOMES = list(FLOW.outcomes())
each_outcome = pytest.mark.parametrize(
    "walk", OUTCOMES, ids=lambda walk: walk.slug
)


def page(walk):
    return outcomes.page(FLOW, walk, adr(FLOW, walk, "address"), b"zip")


@each_outcome
def test_a_page_says_why_each_pattern_is_there_and_shows_its_snippets(walk):
    text = page(walk)
    sections = re.split(r"^### \d+\. ", text, flags=re.MULTILINE)[1:]
    assert len(sections) == len(walk.steps)
    shown = set()
    for step, section in zip(walk.steps, sections, strict=True):
        question, answer = step.answer
        assert section.startswith(step.pattern.title)
        assert f"(../index.md#{question})* {step.because}" in section
        assert f"You said **{answer}** to" in section
        for reference in walk.snippets(step.pattern):
            line = f"::: snippet {reference}"
            assert (line in section) != (reference in shown)
            shown.add(reference)
        if step.pattern.page():
            assert f"(../../{step.pattern.link})" in section


@each_outcome
def test_a_page_says_what_it_costs_leaves_out_and_when_to_leave(walk):
    text = page(walk)
    for part in (
        *(step.pattern.cost for step in walk.steps),
        *left_out(walk),
        *(sign.sign for sign in walk.signs()),
    ):
        assert part in text


@each_outcome
def test_a_page_compares_with_every_other_outcome(walk):
    compare = page(walk).partition("{ #compare }")[2].partition("</div>")[0]
    for other in OUTCOMES:
        assert (f"]({other.slug}.md)" in compare) == (other != walk)


def test_compare_names_what_is_added_and_what_is_removed():
    walk = FLOW.decide(
        {"complex-domain": "yes", "cross-service": "no", "real-time": "no"}
    )
    assert (
        "| [Domain model, saga, request-response]"
        "(complex-domain_cross-service.md) "
        "| Cross-service operation? **Yes** "
        "| Saga pattern | Single transaction |"
    ) in page(walk)


@each_outcome
def test_every_answer_can_be_changed_from_the_page(walk):
    text = page(walk)
    state = "&".join("=".join(pair) for pair in walk.answers)
    for question, _ in walk.answers:
        assert f"(../index.md?{state}&ask={question}#{question})" in text


def test_a_sign_that_asks_something_new_leads_to_that_question():
    walk = FLOW.decide(
        {"complex-domain": "yes", "cross-service": "yes", "real-time": "no"}
    )
    assert (
        "| answer [Multiple data sources?](../index.md?complex-domain=no"
        "&cross-service=yes&real-time=no#multiple-sources) |"
    ) in page(walk)


def test_only_topics_with_a_page_are_named_as_always_relevant():
    text = page(OUTCOMES[0]).partition("{ #always }")[2]
    found = re.findall(r"\.\./\.\./topics/([\w-]+)/index\.md", text)
    assert found == [
        slug
        for slug in FLOW.always
        if (ROOT / "docs" / "topics" / slug / "index.md").exists()
    ]
