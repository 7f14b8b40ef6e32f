"""Generate ``docs/decide/outcomes/``: for each outcome of the flow its page,
its decision record and its zip.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from guide.decide import bundle
from guide.decide.flow import Answer, Flow, Walk, load
from guide.decide.record import adr, left_out
from guide.layout import OUTCOMES, ROOT
from guide.snippets.generated import one_at_a_time, synchronise
from guide.snippets.shown import title
from guide.snippets.source import find

DEFAULT_SITE = "http://127.0.0.1:8000/"


def generate(root: Path = ROOT) -> None:
    """Write every outcome and remove those that are gone."""
    with one_at_a_time(root):
        synchronise(root / OUTCOMES, dict(files(root)))


def files(root: Path = ROOT) -> Iterator[tuple[Path, str | bytes]]:
    """Path below the outcomes' folder, and content."""
    flow = load(root)
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
    parts = [
        _head(walk, packed),
        _answers(flow, walk),
        _build(flow, walk, root),
        _consequences(walk),
        _leave(flow, walk),
        _compare(flow, walk),
        _take_away(flow, walk, record, root),
    ]
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(walk: Walk, packed: bytes) -> Iterator[str]:
    yield "---"
    yield f"title: {walk.title}"
    yield (
        f"description: What to build, in which order and why, where the "
        f"decision guide leads to {walk.title[:1].lower()}{walk.title[1:]}."
    )
    yield "hide: [navigation]"
    yield "---"
    yield f"# {walk.title} {{ #outcome }}"
    yield ""
    yield (
        f"One outcome of [the decision guide](../index.md): "
        f"{len(walk.steps)} patterns, in the order to build them."
    )
    yield "{ .lead }"
    yield ""
    yield (
        '<p class="actions" markdown>'
        '<button type="button" class="snippet__copy" data-from="adr">'
        "Copy as ADR</button> "
        f"[Download snippets]({walk.slug}.zip)"
        f'{{ .action download="{walk.slug}.zip" }} '
        f"<span>{max(1, len(packed) // 1024)} kB zip, with tests</span></p>"
    )
    yield ""


def _answers(flow: Flow, walk: Walk) -> Iterator[str]:
    yield '<div class="answers" markdown>'
    yield ""
    yield "**Your answers**"
    yield "{ .answers__title }"
    yield ""
    for question, answer in walk.answers:
        asked = flow.asked[question]
        yield (
            f"- [{asked.title}](../index.md#{question}) "
            f"**{answer.capitalize()}**, {asked.means[answer]}. "
            f'[Change<span class="visually-hidden"> the answer to '
            f"{asked.title}</span>](../index.md?{query(walk.answers, question)}"
            f"#{question})"
        )
    yield ""
    yield "[Start over](../index.md)"
    yield "{ .answers__again }"
    yield ""
    yield "</div>"
    yield ""


def query(answers: tuple[Answer, ...], ask: str = "") -> str:
    """The guide's state as decide.js reads it."""
    pairs = [f"{question}={answer}" for question, answer in answers]
    return "&".join([*pairs, *([f"ask={ask}"] if ask else [])])


def _build(flow: Flow, walk: Walk, root: Path) -> Iterator[str]:
    yield "## Build, in this order { #build }"
    yield ""
    for number, step in enumerate(walk.steps, start=1):
        pattern = step.pattern
        yield f"{number}. [{pattern.title}](#{pattern.id}): {pattern.why}"
    yield ""
    before: dict[str, str] = {}
    for number, step in enumerate(walk.steps, start=1):
        pattern = step.pattern
        question, answer = step.answer
        yield (f"### {number}. {pattern.title} {{ #{pattern.id} }}")
        yield ""
        yield (
            f"You said **{answer}** to "
            f"*[{flow.asked[question].title}](../index.md#{question})* "
            f"{step.because}"
        )
        yield "{ .because }"
        yield ""
        for reference in walk.snippets(pattern):
            if reference in before:
                name = find(reference, root).path.name
                yield f"`{name}`: [as shown above](#{before[reference]})."
            else:
                before[reference] = pattern.id
                yield f"::: snippet {reference}"
            yield ""
        if page := pattern.page(root):
            yield (
                "Why it is so, what breaks without it, and when not: "
                f"[{title(page, root)}](../../{pattern.link})."
            )
            yield ""


def _consequences(walk: Walk) -> Iterator[str]:
    yield "## What it costs { #cost }"
    yield ""
    for step in walk.steps:
        yield f"- **{step.pattern.title}.** {step.pattern.cost}"
    yield ""
    yield "## What is left out { #left-out }"
    yield ""
    yield from (f"- {text}" for text in left_out(walk))
    yield ""


def _leave(flow: Flow, walk: Walk) -> Iterator[str]:
    yield "## When to leave it { #leave }"
    yield ""
    yield "| the sign | the answer that changes | then |"
    yield "|---|---|---|"
    for sign in walk.signs():
        question, answer = sign.change
        title = flow.asked[question].title
        yield (
            f"| {sign.sign} | {title} **{answer.capitalize()}** | "
            f"{_then(flow, walk, sign.change)} |"
        )
    yield ""


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


def _compare(flow: Flow, walk: Walk) -> Iterator[str]:
    yield "## Compare with another outcome { #compare }"
    yield ""
    yield '<div class="compare" markdown>'
    yield ""
    yield "| outcome | answers that differ | added | removed |"
    yield "|---|---|---|---|"
    for other in flow.outcomes():
        if other.slug == walk.slug:
            continue
        differ = [
            f"{flow.asked[question].title} **{answer.capitalize()}**"
            for question, answer in other.answers
            if walk.given.get(question) != answer
        ]
        added = _difference(other, walk)
        removed = _difference(walk, other)
        yield (
            f"| [{other.title}]({other.slug}.md) | {'<br>'.join(differ)} "
            f"| {added} | {removed} |"
        )
    yield ""
    yield "</div>"
    yield ""


def _difference(walk: Walk, other: Walk) -> str:
    titles = [
        step.pattern.title
        for step in walk.steps
        if step.pattern.id not in other.patterns
    ]
    return "<br>".join(titles) or "nothing"


def _take_away(
    flow: Flow, walk: Walk, record: str, root: Path
) -> Iterator[str]:
    yield "## Take it away { #take-away }"
    yield ""
    yield (
        f'The [zip]({walk.slug}.zip){{ download="{walk.slug}.zip" }} has the '
        "modules above, what they import, and their tests, which start their "
        "own servers. Unpack it, and its README's two commands run them."
    )
    yield ""
    yield (
        f"The decision as a record ([MADR](https://adr.github.io/madr/) 4; "
        f"[as a file]({walk.slug}.adr.txt)):"
    )
    yield ""
    yield '<div id="adr" markdown>'
    yield ""
    yield "````markdown"
    yield record.rstrip("\n")
    yield "````"
    yield ""
    yield "</div>"
    yield ""
    always = [
        f"[{title(page, root)}](../../{page.relative_to('docs')}), {why}"
        for slug, why in flow.always.items()
        if (root / (page := Path("docs/topics", slug, "index.md"))).exists()
    ]
    if always:
        yield "## Whatever you answer { #always }"
        yield ""
        yield from (f"- {item}" for item in always)
        yield ""
