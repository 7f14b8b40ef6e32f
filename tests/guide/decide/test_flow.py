"""The decision flow: sound, complete, and exactly the flow that was agreed."""

import copy
import tomllib

import pytest

from guide.decide.flow import FLOW, AnswersError, FlowError, load, parse
from guide.layout import ROOT

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

OUTCOMES = list(load().outcomes())
each_outcome = pytest.mark.parametrize(
    "walk", OUTCOMES, ids=lambda walk: walk.slug
)


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

    found = [(walk.answers, walk.patterns) for walk in OUTCOMES]

    assert len(found) == 16
    assert found == expected


@each_outcome
def test_an_outcome_has_all_that_a_reader_needs(walk):
    assert walk.asks is None
    for step in walk.steps:
        assert step.because
        assert step.pattern.cost
        assert step.pattern.confirm
        assert walk.snippets(step.pattern)
    assert any(step.pattern.left_out for step in walk.steps)
    assert walk.signs()


@each_outcome
def test_every_sign_to_leave_leads_to_other_outcomes(walk):
    for sign in walk.signs():
        after = load().changed(walk, sign.change)
        assert after
        assert walk.slug not in {other.slug for other in after}


def test_every_topic_with_a_page_is_reached_or_always_relevant():
    topics = {page.stem for page in (ROOT / "docs/topics").glob("*.md")}
    flow = load()
    reached = {
        pattern.page().stem for pattern in flow.patterns if pattern.page()
    }
    assert topics - reached - flow.always.keys() == set(), (
        "give them to a pattern, or list them under [always] in flow.toml"
    )


def test_addresses_outlive_a_question_that_others_answer_with_no(data):
    before = {walk.slug for walk in parse(data).outcomes()}
    question = copy.deepcopy(data["questions"]["real-time"])
    data["questions"]["offline"] = {**question, "yes": "event-driven"}
    data["patterns"]["request-response"]["because"] = {
        "offline": {"no": "Asked last"}
    }
    data["patterns"]["event-driven"]["because"]["offline"] = {"yes": "Queued"}
    data["patterns"]["event-driven"]["leave_when"] = []
    data["questions"]["real-time"]["no"] = "offline"

    assert before < {walk.slug for walk in parse(data).outcomes()}


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


def test_a_start_that_no_answer_leads_to_is_refused(data):
    data["patterns"]["begin"] = {
        **data["patterns"]["request-response"],
        "next": "complex-domain",
    }
    data["start"] = "begin"
    with pytest.raises(FlowError, match="begin, which is no question"):
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


def test_an_id_is_a_question_or_a_pattern_not_both(data):
    data["patterns"]["real-time"] = data["patterns"]["request-response"]
    with pytest.raises(FlowError, match="real-time is both"):
        parse(data)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("questions real-time no", None, r"questions\.real-time: .*'no'"),
        ("questions real-time means", {"yes": "x"}, "yes and what no"),
        ("questions real-time signs_no", ["one"], "three signs_no"),
        ("questions real-time not_sure", {}, r"real-time: .*'settle'"),
        ("patterns saga snippets", [], "saga: give it snippets"),
        ("patterns saga cost", "", "saga: give it snippets, a cost"),
        ("patterns saga confirm", [], "what to confirm"),
        (
            "patterns saga because",
            {},
            "saga: there is no reason for cross-service=yes",
        ),
        (
            "patterns saga because",
            {"cross-service": {"yes": "x"}, "real-time": {"no": "x"}},
            "saga: its reason is never given after real-time=no",
        ),
        (
            "patterns saga snippets_if",
            {"cross-service": {"no": ["x"]}},
            "saga: snippets_if cross-service=no is on none of its paths",
        ),
        (
            "patterns saga leave_when",
            [{"sign": "x", "change": "cross-service=yes"}],
            "which no path with it answers with no",
        ),
        (
            "patterns saga leave_when",
            [{"sign": "x", "change": "cross-service"}],
            r"patterns\.saga: change = 'cross-service'",
        ),
    ],
)
def test_what_is_missing_or_never_shown_is_refused(data, place, value, message):
    kind, node, field = place.split()
    if value is None:
        del data[kind][node][field]
    else:
        data[kind][node][field] = value
    with pytest.raises(FlowError, match=message):
        parse(data)


@pytest.mark.parametrize(
    ("settle", "take", "message"),
    [
        (["one"], "no", "settle it by two or three"),
        (["one", "two"], "maybe", "take yes or no"),
    ],
)
def test_a_doubt_is_settled_by_two_or_three_and_a_default(
    data, settle, take, message
):
    doubt = {"settle": settle, "take": take, "because": "x"}
    data["questions"]["real-time"]["not_sure"] = doubt
    with pytest.raises(FlowError, match=message):
        parse(data)


def test_answers_lead_as_far_as_they_go():
    walk = load().walk({"complex-domain": "no", "real-time": "yes"})
    assert walk.asks.id == "multiple-sources"
    assert walk.given == {"complex-domain": "no"}
    assert walk.steps == ()


def test_a_changed_answer_that_asks_anew_leads_to_several_outcomes():
    flow = load()
    walk = flow.decide(
        {"complex-domain": "yes", "cross-service": "yes", "real-time": "no"}
    )
    after = flow.changed(walk, ("complex-domain", "no"))
    assert [other.slug for other in after] == [
        "multiple-sources_cross-service",
        "cross-aggregate_cross-service",
        "cross-service",
    ]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"simple": "yes"}, "simple is no question: the questions are complex"),
        ({"complex-domain": "maybe"}, "complex-domain=maybe: answer yes or no"),
        ({"complex-domain": "yes"}, "cross-service has no answer: Does the"),
        (
            {
                "complex-domain": "yes",
                "multiple-sources": "no",
                "cross-service": "no",
                "real-time": "no",
            },
            "multiple-sources is not asked on this path",
        ),
    ],
)
def test_answers_that_lead_nowhere_are_refused_in_one_line(answers, message):
    with pytest.raises(AnswersError, match=message) as refused:
        load().decide(answers)
    assert "\n" not in str(refused.value)
