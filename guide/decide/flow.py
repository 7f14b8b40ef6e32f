"""The decision flow of ``docs/decide/flow.toml``: validate it and walk it."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from guide.layout import FLOW, ROOT

ANSWERS = ("yes", "no")
NO_YES = "all-no"

Answer = tuple[str, str]


class FlowError(Exception):
    """The flow is not total, not acyclic, has an orphan or lacks a text."""


class AnswersError(Exception):
    """Answers that lead nowhere; the message is one line for the reader."""


@dataclass(frozen=True)
class NotSure:
    """What settles a question, and what to take until it is settled."""

    settle: list[str]
    take: str
    because: str


@dataclass(frozen=True)
class Question:
    """``means`` says what each answer claims about the feature."""

    id: str
    title: str
    ask: str
    yes: str
    no: str
    means: Mapping[str, str]
    signs_yes: list[str]
    signs_no: list[str]
    example: str
    not_sure: NotSure

    def target(self, answer: str) -> str:
        return self.yes if answer == "yes" else self.no

    def signs(self, answer: str) -> list[str]:
        return self.signs_yes if answer == "yes" else self.signs_no

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.yes, self.no)


@dataclass(frozen=True)
class Sign:
    """A reason to leave a design, and the answer that would then change."""

    sign: str
    change: Answer


@dataclass(frozen=True)
class Pattern:
    """``next`` is None where the flow ends.

    ``because`` holds a reason for each answer that leads here, ``snippets_if``
    the snippets that an answer puts in place of ``snippets``. A pattern with
    a ``name`` gives it to the title of the outcome.
    """

    id: str
    title: str
    why: str
    link: str
    because: Mapping[str, Mapping[str, str]]
    snippets: list[str]
    cost: str
    confirm: list[str]
    next: str | None = None
    name: str = ""
    left_out: str = ""
    leave_when: list[Sign] = field(default_factory=list)
    snippets_if: Mapping[str, Mapping[str, list[str]]] = field(
        default_factory=dict
    )

    @property
    def targets(self) -> tuple[str, ...]:
        return () if self.next is None else (self.next,)

    def page(self, root: Path = ROOT) -> Path | None:
        """The topic's page, if it has been written."""
        page = Path("docs") / self.link.partition("#")[0]
        return page if (root / page).exists() else None


@dataclass(frozen=True)
class Step:
    """A pattern on a path, and the answer that put it there."""

    pattern: Pattern
    answer: Answer

    @property
    def because(self) -> str:
        question, answer = self.answer
        return self.pattern.because[question][answer]


@dataclass(frozen=True)
class Walk:
    """How far some answers lead: ``asks`` is None at an outcome."""

    answers: tuple[Answer, ...]
    steps: tuple[Step, ...]
    asks: Question | None

    @cached_property
    def patterns(self) -> tuple[str, ...]:
        return tuple(step.pattern.id for step in self.steps)

    @cached_property
    def given(self) -> dict[str, str]:
        return dict(self.answers)

    @property
    def slug(self) -> str:
        """The questions answered with yes: they tell the path, and a new
        question that others answer with no leaves their address alone.
        """
        yes = [question for question, answer in self.answers if answer == "yes"]
        return "_".join(yes) or NO_YES

    @property
    def title(self) -> str:
        names = [step.pattern.name for step in self.steps if step.pattern.name]
        title = ", ".join(names)
        return title[:1].upper() + title[1:]

    def snippets(self, pattern: Pattern) -> list[str]:
        """What to show for a pattern, given all answers of this path."""
        for question, answer in self.answers:
            instead = pattern.snippets_if.get(question, {}).get(answer)
            if instead:
                return instead
        return pattern.snippets

    def signs(self) -> list[Sign]:
        """When to leave, without signs whose answer is given already."""
        return [
            sign
            for step in self.steps
            for sign in step.pattern.leave_when
            if self.given.get(sign.change[0], sign.change[1]) != sign.change[1]
        ]


def left_out(walk: Walk) -> list[str]:
    """What the patterns of a walk deliberately do without."""
    return [
        step.pattern.left_out for step in walk.steps if step.pattern.left_out
    ]


@dataclass(frozen=True)
class Flow:
    start: str
    nodes: Mapping[str, Question | Pattern]
    always: Mapping[str, str] = field(default_factory=dict)

    @property
    def questions(self) -> list[Question]:
        return [n for n in self.nodes.values() if isinstance(n, Question)]

    @property
    def patterns(self) -> list[Pattern]:
        return [n for n in self.nodes.values() if isinstance(n, Pattern)]

    @cached_property
    def asked(self) -> dict[str, Question]:
        """The questions by id."""
        return {question.id: question for question in self.questions}

    def walk(self, answers: Mapping[str, str]) -> Walk:
        """Follow the answers as far as they lead; others are not looked at."""
        given: list[Answer] = []
        steps: list[Step] = []
        node_id: str | None = self.start
        while node_id is not None:
            node = self.nodes[node_id]
            if isinstance(node, Pattern):
                steps.append(Step(node, given[-1]))
                node_id = node.next
            elif node.id in answers:
                given.append((node.id, answers[node.id]))
                node_id = node.target(answers[node.id])
            else:
                return Walk(tuple(given), tuple(steps), node)
        return Walk(tuple(given), tuple(steps), None)

    def outcomes(self) -> Iterator[Walk]:
        """Every way from the start to an end, yes before no."""
        yield from self._completions({})

    def _completions(self, answers: Mapping[str, str]) -> Iterator[Walk]:
        walk = self.walk(answers)
        if walk.asks is None:
            yield walk
            return
        for answer in ANSWERS:
            yield from self._completions({**answers, walk.asks.id: answer})

    def changed(self, walk: Walk, change: Answer) -> list[Walk]:
        """The outcomes after another answer, the others kept if still asked;
        several where the new path asks something new.
        """
        return list(self._completions({**walk.given, change[0]: change[1]}))

    def decide(self, answers: Mapping[str, str]) -> Walk:
        """The outcome of exactly these answers.

        Raises:
            AnswersError: one is unknown, missing, or never asked for.
        """
        for question, answer in answers.items():
            if question not in self.asked:
                raise AnswersError(
                    f"{question} is no question: the questions are "
                    f"{', '.join(self.asked)}"
                )
            if answer not in ANSWERS:
                raise AnswersError(f"{question}={answer}: answer yes or no")
        walk = self.walk(answers)
        if walk.asks:
            raise AnswersError(
                f"{walk.asks.id} has no answer: {walk.asks.ask} "
                f"({walk.asks.id}=yes or {walk.asks.id}=no)"
            )
        for question in answers.keys() - walk.given.keys():
            path = ",".join("=".join(pair) for pair in walk.answers)
            raise AnswersError(
                f"{question} is not asked on this path: leave it out ({path})"
            )
        return walk


def parse(data: Mapping[str, Any]) -> Flow:
    """Build and validate a flow.

    Raises:
        FlowError: a missing field or target, a cycle, an orphan, or a reason
            or sign that belongs to no path.
    """
    nodes: dict[str, Question | Pattern] = {}
    for kind, build in (("questions", _question), ("patterns", _pattern)):
        for node_id, fields in data.get(kind, {}).items():
            if node_id in nodes:
                raise FlowError(f"{node_id} is both question and pattern")
            try:
                nodes[node_id] = build(id=node_id, **fields)
            except (TypeError, ValueError) as error:
                raise FlowError(f"{kind}.{node_id}: {error}") from error
    flow = Flow(data["start"], nodes, data.get("always", {}))
    _require_targets(flow)
    _require_no_cycle(flow)
    _require_no_orphan(flow)
    _require_question_first(flow)
    _require_texts(flow)
    return flow


def load(root: Path = ROOT) -> Flow:
    return parse(tomllib.loads((root / FLOW).read_text()))


def _question(**fields: Any) -> Question:  # noqa: ANN401 - TOML's own values
    fields["not_sure"] = NotSure(**fields.get("not_sure", {}))
    return Question(**fields)


def _pattern(**fields: Any) -> Pattern:  # noqa: ANN401 - TOML's own values
    signs = []
    for given in fields.get("leave_when", []):
        question, _, answer = given["change"].partition("=")
        if answer not in ANSWERS:
            raise ValueError(
                f"change = {given['change']!r}: question=yes or no"
            )
        signs.append(Sign(given["sign"], (question, answer)))
    return Pattern(**{**fields, "leave_when": signs})


def _require_targets(flow: Flow) -> None:
    named = [("start", flow.start)] + [
        (node.id, target)
        for node in flow.nodes.values()
        for target in node.targets
    ]
    for source, target in named:
        if target not in flow.nodes:
            raise FlowError(f"{source} leads to {target}, which does not exist")


def _require_no_cycle(flow: Flow) -> None:
    done: set[str] = set()

    def visit(node_id: str, above: tuple[str, ...]) -> None:
        if node_id in above:
            cycle = " -> ".join((*above[above.index(node_id) :], node_id))
            raise FlowError(f"cycle: {cycle}")
        if node_id in done:
            return
        for target in flow.nodes[node_id].targets:
            visit(target, (*above, node_id))
        done.add(node_id)

    for node_id in flow.nodes:
        visit(node_id, ())


def _require_no_orphan(flow: Flow) -> None:
    reached, pending = set[str](), [flow.start]
    while pending:
        node_id = pending.pop()
        if node_id not in reached:
            reached.add(node_id)
            pending += flow.nodes[node_id].targets
    if orphans := sorted(flow.nodes.keys() - reached):
        raise FlowError(f"nothing leads to {', '.join(orphans)}")


def _require_question_first(flow: Flow) -> None:
    """Every pattern owes its place to an answer."""
    if isinstance(flow.nodes[flow.start], Pattern):
        raise FlowError(f"start leads to {flow.start}, which is no question")


def _require_texts(flow: Flow) -> None:
    for question in flow.questions:
        if question.means.keys() != {*ANSWERS}:
            raise FlowError(f"{question.id}: say what yes and what no means")
        for answer in ANSWERS:
            if len(question.signs(answer)) != 3:
                raise FlowError(f"{question.id}: give three signs_{answer}")
        if not 2 <= len(question.not_sure.settle) <= 3:
            raise FlowError(f"{question.id}: settle it by two or three")
        if question.not_sure.take not in ANSWERS:
            raise FlowError(f"{question.id}: take yes or no meanwhile")
    outcomes = list(flow.outcomes())
    for pattern in flow.patterns:
        through = [walk for walk in outcomes if pattern.id in walk.patterns]
        _require_reasons(pattern, through)
        if not (pattern.snippets and pattern.cost and pattern.confirm):
            raise FlowError(
                f"{pattern.id}: give it snippets, a cost and what to confirm"
            )
    slugs = [walk.slug for walk in outcomes]
    if len({*slugs}) != len(slugs):
        raise FlowError("two outcomes share an address")


def _require_reasons(pattern: Pattern, through: list[Walk]) -> None:
    leading = {
        step.answer
        for walk in through
        for step in walk.steps
        if step.pattern is pattern
    }
    given = {
        (question, answer)
        for question, answers in pattern.because.items()
        for answer in answers
    }
    for question, answer in sorted(leading ^ given):
        problem = (
            "there is no reason for"
            if (question, answer) in leading
            else "its reason is never given after"
        )
        raise FlowError(f"{pattern.id}: {problem} {question}={answer}")
    possible = {pair for walk in through for pair in walk.answers}
    for question, answers in pattern.snippets_if.items():
        for answer in answers:
            if (question, answer) not in possible:
                raise FlowError(
                    f"{pattern.id}: snippets_if {question}={answer} "
                    "is on none of its paths"
                )
    for sign in pattern.leave_when:
        question, answer = sign.change
        before = "no" if answer == "yes" else "yes"
        if (question, before) not in possible:
            raise FlowError(
                f"{pattern.id}: leave_when changes {question}, which no path "
                f"with it answers with {before}"
            )
