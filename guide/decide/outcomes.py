"""Each outcome of the flow: its page, its decision record and its zip."""

import os
from collections.abc import Iterator
from pathlib import Path

from guide.decide import bundle
from guide.decide.flow import Answer, Flow, Walk, load
from guide.decide.record import adr
from guide.decide.templates import template
from guide.layout import ROOT
from guide.snippets.shown import title
from guide.snippets.source import find

DEFAULT_SITE = "http://127.0.0.1:8000/"


def files(root: Path = ROOT) -> Iterator[tuple[Path, str | bytes]]:
    """Path below the outcomes' folder, and content."""
    flow = load(root)
    bundle.needs.cache_clear()
    for walk in flow.outcomes():
        record = adr(flow, walk, published(walk))
        entries = bundle.contents(walk, record, root)
        packed = bundle.pack(walk.slug, entries)
        yield Path(f"{walk.slug}.md"), page(flow, walk, record, packed, root)
        yield Path(f"{walk.slug}.adr.txt"), record
        yield Path(f"{walk.slug}.zip"), packed


def url(walk: Walk) -> str:
    """Where the site shows an outcome: published, or served on this machine."""
    return published(walk) or _below(DEFAULT_SITE, walk)


def published(walk: Walk) -> str | None:
    """Where anybody finds it; None of a build that has no ``SITE_URL``."""
    site = os.environ.get("SITE_URL")
    return _below(site, walk) if site else None


def _below(site: str, walk: Walk) -> str:
    return f"{site.rstrip('/')}/decide/outcomes/{walk.slug}/"


def page(
    flow: Flow, walk: Walk, record: str, packed: bytes, root: Path = ROOT
) -> str:
    return template("outcome.md").render(
        walk=walk,
        asked=flow.asked,
        record=record,
        kilobytes=max(1, len(packed) // 1024),
        shown=shown(walk),
        others=[each for each in flow.outcomes() if each.slug != walk.slug],
        always=[
            (page, why)
            for slug, why in flow.always.items()
            if (root / (page := Path("docs/topics", slug, "index.md"))).exists()
        ],
        root=root,
        find=lambda reference: find(reference, root),
        title=lambda page: title(page, root),
        query=query,
        then=lambda change: _then(flow, walk, change),
        differences=lambda other: _differences(flow, walk, other),
        patterns_without=_patterns_without,
    )


def shown(walk: Walk) -> dict[str, list[tuple[str, str]]]:
    """What to show of each pattern, and under which it was shown before."""
    before: dict[str, str] = {}
    found: dict[str, list[tuple[str, str]]] = {}
    for step in walk.steps:
        references = walk.snippets(step.pattern)
        found[step.pattern.id] = [
            (reference, before.get(reference, "")) for reference in references
        ]
        for reference in references:
            before.setdefault(reference, step.pattern.id)
    return found


def query(answers: tuple[Answer, ...], ask: str = "") -> str:
    """The guide's state as ask.js reads it."""
    pairs = [f"{question}={answer}" for question, answer in answers]
    return "&".join([*pairs, *([f"ask={ask}"] if ask else [])])


def _then(flow: Flow, walk: Walk, change: Answer) -> str:
    after = flow.changed(walk, change)
    if len(after) == 1:
        return f"[{after[0].title}]({after[0].slug}.md)"
    asks = flow.walk({**walk.given, change[0]: change[1]}).asks
    if asks is None:
        raise LookupError(f"{change} leads to several outcomes at once")
    answers = flow.walk({**walk.given, change[0]: change[1]}).answers
    kept = tuple(pair for pair in walk.answers if pair[0] != change[0])
    state = query((*answers, *(pair for pair in kept if pair not in answers)))
    return f"answer [{asks.title}](../index.md?{state}#{asks.id})"


def _differences(flow: Flow, walk: Walk, other: Walk) -> str:
    return "<br>".join(
        f"{flow.asked[question].title} **{answer.capitalize()}**"
        for question, answer in other.answers
        if walk.given.get(question) != answer
    )


def _patterns_without(walk: Walk, other: Walk) -> str:
    titles = [
        step.pattern.title
        for step in walk.steps
        if step.pattern.id not in other.patterns
    ]
    return "<br>".join(titles) or "nothing"
