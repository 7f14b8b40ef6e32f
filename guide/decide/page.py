"""The decide page: the flow as a chart, as questions, as an outline."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from guide.decide.flow import (
    ANSWERS,
    Flow,
    Pattern,
    Question,
    Step,
    Walk,
    load,
)
from guide.decide.templates import template
from guide.layout import ROOT

PARTS = ("guide", "questions", "outline", "patterns", "script")


def markdown(part: str, root: Path = ROOT) -> str:
    """Markdown of one of `PARTS`."""
    flow = load(root)
    text = template(f"{part}.md").render(
        flow=flow,
        root=root,
        data=data(flow),
        is_question=lambda node: isinstance(node, Question),
        until_next_question=until_next_question,
        branches=branches,
        url=url,
    )
    return text.removesuffix("\n")


def data(flow: Flow) -> str:
    """All that ask.js knows of the flow. Without JavaScript the map's place
    is what is left.
    """
    known = json.dumps(
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
    return escape(known)


@dataclass(frozen=True)
class Branch:
    """An answer of the outline, and what it adds to the walk."""

    depth: int
    question: Question
    answer: str
    steps: tuple[Step, ...]
    after: Walk


def branches(flow: Flow, walk: Walk, depth: int = 0) -> Iterator[Branch]:
    """All paths, as a list in which each answer is followed by what it asks."""
    if walk.asks is None:
        return
    for answer in ANSWERS:
        after = flow.walk({**walk.given, walk.asks.id: answer})
        new = after.steps[len(walk.steps) :]
        yield Branch(depth, walk.asks, answer, new, after)
        yield from branches(flow, after, depth + 1)


def until_next_question(
    flow: Flow, node_id: str
) -> tuple[list[Pattern], Question | None]:
    steps: list[Pattern] = []
    node: Question | Pattern | None = flow.nodes[node_id]
    while isinstance(node, Pattern):
        steps.append(node)
        node = flow.nodes[node.next] if node.next else None
    return steps, node


def url(pattern: Pattern, root: Path) -> str:
    """Where the chart's box leads, relative to the decide page."""
    if not pattern.page(root):
        return f"#{pattern.id}"
    page, _, anchor = pattern.link.partition("#")
    folder = page.removesuffix(".md").removesuffix("/index")
    return f"../{folder}/" + f"#{anchor}" * bool(anchor)
