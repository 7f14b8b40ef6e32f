"""The outcome pages: composed from the patterns on the path and the answers."""

import os
import re
import sys

import pytest

from guide.decide import outcomes
from guide.decide.flow import FlowError, left_out, load
from guide.decide.record import adr
from guide.layout import ROOT
from guide.site import build as site
from servers.ports import reserved_port

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


def test_a_flow_that_is_not_sound_is_one_sentence(monkeypatch, capsys):
    def refuse() -> None:
        raise FlowError("saga leads to nowhere")

    monkeypatch.setattr(outcomes, "generate", refuse)
    monkeypatch.setattr("sys.argv", ["guide.site", "build"])
    assert site.main() == 1
    assert capsys.readouterr().err == (
        "docs/decide/flow.toml: saga leads to nowhere\n"
    )


def test_serving_goes_on_while_the_flow_is_not_sound(monkeypatch, capsys):
    def refuse() -> None:
        raise FlowError("saga leads to nowhere")

    monkeypatch.setattr(outcomes, "generate", refuse)
    assert site.follow({}) == site.sources()
    assert "saga leads to nowhere" in capsys.readouterr().err


def test_serving_builds_anew_when_a_file_outside_docs_changes(monkeypatch):
    monkeypatch.setattr(site, "prepare", lambda: None)
    before = site.sources()
    changed = str(ROOT / "snippets/project_structure/workspace/pyproject.toml")
    assert before.pop(changed)
    index = ROOT / "docs" / "reference" / "index.md"
    index.parent.mkdir(exist_ok=True)
    index.touch()
    os.utime(index, (0, 0))

    site.follow(before)

    assert index.stat().st_mtime > 0


def test_an_interrupt_while_generating_ends_serving_quietly(monkeypatch):
    def interrupted(before: dict[str, int]) -> dict[str, int]:
        raise KeyboardInterrupt

    ends_with_3 = [sys.executable, "-c", "raise SystemExit(3)"]
    monkeypatch.setattr(site, "mkdocs", lambda *_: ends_with_3)
    monkeypatch.setattr(site, "prepare", lambda: None)
    monkeypatch.setattr(site, "follow", interrupted)
    with reserved_port() as port:
        assert site.serve(port) == 3


def test_an_interrupt_before_serving_is_quiet(monkeypatch):
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(site, "prepare", interrupted)
    with reserved_port() as port:
        arguments = ["guide.site", "serve", "--port", str(port)]
        monkeypatch.setattr("sys.argv", arguments)
        assert site.main() == 130


def test_serving_generates_nothing_while_nothing_changes(monkeypatch):
    monkeypatch.setattr(site, "prepare", lambda: pytest.fail("generated"))
    assert site.follow(site.sources()) == site.sources()
