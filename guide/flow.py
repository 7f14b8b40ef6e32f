"""The decision flow of ``docs/decide/flow.toml``: validate, walk, draw."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guide.excerpts import ROOT

FLOW = Path("docs/decide/flow.toml")
ANSWERS = ("yes", "no")


class FlowError(Exception):
    """The flow is not total, not acyclic, or has an orphan."""


@dataclass(frozen=True)
class Question:
    id: str
    title: str
    ask: str
    yes: str
    no: str

    def target(self, answer: str) -> str:
        return self.yes if answer == "yes" else self.no

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.yes, self.no)


@dataclass(frozen=True)
class Pattern:
    """``next`` is None where the flow ends."""

    id: str
    title: str
    why: str
    link: str
    next: str | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        return () if self.next is None else (self.next,)


@dataclass(frozen=True)
class Route:
    """One way through the flow: answers in order asked, patterns to build."""

    answers: tuple[tuple[str, str], ...]
    patterns: tuple[str, ...]


@dataclass(frozen=True)
class Flow:
    start: str
    nodes: Mapping[str, Question | Pattern]

    @property
    def questions(self) -> list[Question]:
        return [n for n in self.nodes.values() if isinstance(n, Question)]

    @property
    def patterns(self) -> list[Pattern]:
        return [n for n in self.nodes.values() if isinstance(n, Pattern)]

    def paths(self) -> Iterator[Route]:
        """Every way from the start to an end, yes before no."""
        yield from self._paths(self.start, (), ())

    def _paths(
        self,
        node_id: str | None,
        answers: tuple[tuple[str, str], ...],
        patterns: tuple[str, ...],
    ) -> Iterator[Route]:
        if node_id is None:
            yield Route(answers, patterns)
            return
        node = self.nodes[node_id]
        if isinstance(node, Pattern):
            yield from self._paths(node.next, answers, (*patterns, node.id))
            return
        for answer in ANSWERS:
            yield from self._paths(
                node.target(answer), (*answers, (node.id, answer)), patterns
            )


def parse(data: Mapping[str, Any]) -> Flow:
    """Build and validate a flow.

    Raises:
        FlowError: a missing field or target, a cycle, or an orphan.
    """
    nodes: dict[str, Question | Pattern] = {}
    for kind, build in (("questions", Question), ("patterns", Pattern)):
        for node_id, fields in data.get(kind, {}).items():
            if node_id in nodes:
                raise FlowError(f"{node_id} is both question and pattern")
            try:
                nodes[node_id] = build(id=node_id, **fields)
            except TypeError as error:
                raise FlowError(f"{kind}.{node_id}: {error}") from error
    flow = Flow(data["start"], nodes)
    _require_targets(flow)
    _require_no_cycle(flow)
    _require_no_orphan(flow)
    return flow


def load(root: Path = ROOT) -> Flow:
    return parse(tomllib.loads((root / FLOW).read_text()))


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


def markdown(part: str, root: Path = ROOT) -> str:
    """Markdown of one part: ``chart``, ``questions`` or ``patterns``."""
    render = {"chart": chart, "questions": questions, "patterns": patterns}
    return "\n".join(render[part](load(root), root))


def chart(flow: Flow, root: Path) -> Iterator[str]:
    yield "```mermaid"
    yield "flowchart TD"
    yield "    accTitle: From a new feature to its architecture"
    yield (
        "    accDescr: Five yes-or-no questions lead from a new feature to "
        "the patterns to build. The sections below say the same in text."
    )
    yield f'    new-feature(["New feature"]) --> {flow.start}'
    for node in flow.nodes.values():
        left, right = ("{", "}") if isinstance(node, Question) else ("[", "]")
        yield f'    {node.id}{left}"{node.title}"{right}'
        if isinstance(node, Question):
            yield f"    {node.id} -->|yes| {node.yes}"
            yield f"    {node.id} -->|no| {node.no}"
            yield f'    click {node.id} href "#{node.id}"'
        else:
            if node.next:
                yield f"    {node.id} --> {node.next}"
            yield f'    click {node.id} href "{_url(node, root)}"'
    yield "```"


def questions(flow: Flow, _root: Path) -> Iterator[str]:
    for question in flow.questions:
        yield f"### {question.title} {{ #{question.id} }}"
        yield ""
        yield question.ask
        yield ""
        for answer in ANSWERS:
            steps, then = _until_next_question(flow, question.target(answer))
            build = " → ".join(
                f"[{pattern.title}](#{pattern.id})" for pattern in steps
            )
            ask = f"[{then.title}](#{then.id})" if then else "done"
            yield f"- **{answer.capitalize()}:** " + (
                f"{build}. Next: {ask}." if steps else f"{ask}"
            )
        yield ""


def patterns(flow: Flow, root: Path) -> Iterator[str]:
    for pattern in flow.patterns:
        yield f"### {pattern.title} {{ #{pattern.id} }}"
        yield ""
        how = (
            f" [How to build it](../{pattern.link})."
            if has_page(pattern, root)
            else ""
        )
        after = flow.nodes[pattern.next] if pattern.next else None
        then = f" Next: [{after.title}](#{after.id})." if after else ""
        yield f"{pattern.why}{how}{then}"
        yield ""


def _until_next_question(
    flow: Flow, node_id: str
) -> tuple[list[Pattern], Question | None]:
    steps: list[Pattern] = []
    node: Question | Pattern | None = flow.nodes[node_id]
    while isinstance(node, Pattern):
        steps.append(node)
        node = flow.nodes[node.next] if node.next else None
    return steps, node


def has_page(pattern: Pattern, root: Path = ROOT) -> bool:
    page = pattern.link.partition("#")[0]
    return (root / "docs" / page).exists()


def _url(pattern: Pattern, root: Path) -> str:
    """Where the chart's box leads, relative to the decide page."""
    if not has_page(pattern, root):
        return f"#{pattern.id}"
    page, _, anchor = pattern.link.partition("#")
    return f"../{page.removesuffix('.md')}/" + f"#{anchor}" * bool(anchor)
