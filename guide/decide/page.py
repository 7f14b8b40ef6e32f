"""The decide page: the flow as a chart, as questions, as an outline."""

import json
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

from guide.decide.flow import ANSWERS, Flow, Pattern, Question, Walk, load
from guide.layout import ROOT

OUTCOMES = "outcomes"  # beside the decide page


def markdown(part: str, root: Path = ROOT) -> str:
    """Markdown of one of `PARTS`."""
    return "\n".join(PARTS[part](load(root), root))


def guide(flow: Flow, root: Path) -> Iterator[str]:
    """Where decide.js asks, beside the map; all it knows stands in a data
    attribute. Without JavaScript only the map's place is left.
    """
    data = json.dumps(
        {
            "start": flow.start,
            "none": flow.walk(dict.fromkeys(flow.asked, "no")).slug,
            "nodes": {
                node.id: {"yes": node.yes, "no": node.no}
                if isinstance(node, Question)
                else {"next": node.next}
                for node in flow.nodes.values()
            },
        },
        separators=(",", ":"),
    )
    yield f'<div class="decide" data-flow="{escape(data)}" markdown>'
    yield '<div class="decide__ask"></div>'
    yield '<div class="decide__map" markdown>'
    yield ""
    yield from chart(flow, root)
    yield ""
    yield "[The same as an outline](#outline)"
    yield ""
    yield "</div>"
    yield "</div>"


def chart(flow: Flow, root: Path) -> Iterator[str]:
    """Every edge has an id, ``from-NODE-ANSWER``, by which to mark a path."""
    yield "```drawing"
    yield "flowchart TD"
    yield "    accTitle: From a new feature to its architecture"
    yield (
        f"    accDescr: {len(flow.questions)} yes-or-no questions lead from a "
        "new feature to the patterns to build. The outline on this page says "
        "the same in text."
    )
    yield f'    new-feature(["New feature"]) from-start@--> {flow.start}'
    for node in flow.nodes.values():
        left, right = ("{{", "}}") if isinstance(node, Question) else ("[", "]")
        yield f'    {node.id}{left}"{node.title}"{right}'
        if isinstance(node, Question):
            for answer in ANSWERS:
                edge = f"from-{node.id}-{answer}@-->|{answer}|"
                yield f"    {node.id} {edge} {node.target(answer)}"
            yield f'    click {node.id} href "#{node.id}"'
        else:
            if node.next:
                yield f"    {node.id} from-{node.id}@--> {node.next}"
            yield f'    click {node.id} href "{_url(node, root)}"'
    yield "```"


def questions(flow: Flow, _root: Path) -> Iterator[str]:
    for question in flow.questions:
        yield (
            f'<section class="question" data-question="{question.id}" markdown>'
        )
        yield ""
        yield f"### {question.title} {{ #{question.id} }}"
        yield ""
        yield question.ask
        yield "{ .question__ask }"
        yield ""
        yield '<div class="question__answers" markdown>'
        for answer in ANSWERS:
            yield from _answer(flow, question, answer)
        yield "</div>"
        yield ""
        yield f"**In the shop.** {question.example}"
        yield "{ .question__example }"
        yield ""
        yield '??? note "Not sure?"'
        yield from ("    " + line for line in _not_sure(question))
        yield ""
        yield "</section>"
        yield ""


def _answer(flow: Flow, question: Question, answer: str) -> Iterator[str]:
    yield f'<div class="question__answer" data-answer="{answer}" markdown>'
    yield ""
    yield f"**{answer.capitalize()}**, if"
    yield "{ .question__label }"
    yield ""
    yield from (f"- {sign}" for sign in question.signs(answer))
    yield ""
    steps, then = _until_next_question(flow, question.target(answer))
    ask = (
        f"[{then.title}](#{then.id})"
        if then
        else "[find your outcome](#outline)"
    )
    build = " → ".join(f"[{step.title}](#{step.id})" for step in steps)
    yield (f"Build: {build}. " if steps else "") + f"Next: {ask}"
    yield "{ .question__next }"
    yield ""
    yield "</div>"


def _not_sure(question: Question) -> Iterator[str]:
    doubt = question.not_sure
    yield "What settles it:"
    yield ""
    yield from (f"- {item}" for item in doubt.settle)
    yield ""
    yield f"Until then take **{doubt.take}**. {doubt.because}"


def outline(flow: Flow, _root: Path) -> Iterator[str]:
    """All paths as a nested list, an outcome at the end of each."""
    yield from _branches(flow, flow.walk({}), "")


def _branches(flow: Flow, walk: Walk, indent: str) -> Iterator[str]:
    if walk.asks is None:
        return
    question = walk.asks
    for answer in ANSWERS:
        after = flow.walk({**walk.given, question.id: answer})
        new = after.steps[len(walk.steps) :]
        build = " → ".join(
            f"[{step.pattern.title}](#{step.pattern.id})" for step in new
        )
        line = (
            f"{indent}- [{question.title}](#{question.id}) "
            f"**{answer.capitalize()}**" + (f": {build}" if build else "")
        )
        if after.asks is None:
            line += f" ⇒ **[{after.title}]({OUTCOMES}/{after.slug}.md)**"
        yield line
        yield from _branches(flow, after, indent + "    ")


def patterns(flow: Flow, root: Path) -> Iterator[str]:
    for pattern in flow.patterns:
        yield f"### {pattern.title} {{ #{pattern.id} }}"
        yield ""
        page = pattern.page(root)
        how = f" [How to build it](../{pattern.link})." if page else ""
        after = flow.nodes[pattern.next] if pattern.next else None
        then = f" Next: [{after.title}](#{after.id})." if after else ""
        yield f"{pattern.why}{how}{then}"
        yield ""


PARTS: dict[str, Callable[[Flow, Path], Iterator[str]]] = {
    "guide": guide,
    "questions": questions,
    "outline": outline,
    "patterns": patterns,
}


def _until_next_question(
    flow: Flow, node_id: str
) -> tuple[list[Pattern], Question | None]:
    steps: list[Pattern] = []
    node: Question | Pattern | None = flow.nodes[node_id]
    while isinstance(node, Pattern):
        steps.append(node)
        node = flow.nodes[node.next] if node.next else None
    return steps, node


def _url(pattern: Pattern, root: Path) -> str:
    """Where the chart's box leads, relative to the decide page."""
    if not pattern.page(root):
        return f"#{pattern.id}"
    page, _, anchor = pattern.link.partition("#")
    folder = page.removesuffix(".md").removesuffix("/index")
    return f"../{folder}/" + f"#{anchor}" * bool(anchor)
