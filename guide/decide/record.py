"""An outcome as an architecture decision record in MADR 4's form."""

from collections.abc import Iterator

from guide.decide.flow import Flow, Walk

GUIDE = "Python Backend Architecture"


def adr(flow: Flow, walk: Walk, url: str | None) -> str:
    """The record, to be kept beside the feature's code.

    It is read elsewhere, so without the ``url`` of a published site it names
    the guide, and what to look for there.
    """
    parts = (
        _head(walk),
        _context(flow, walk),
        _outcome(flow, walk),
        _consequences(walk),
        _information(flow, walk, url),
    )
    return "\n".join(line for part in parts for line in part)


def _head(walk: Walk) -> Iterator[str]:
    yield "---"
    yield "status: proposed"
    yield "---"
    yield ""
    yield f"# {walk.title}"
    yield ""


def _context(flow: Flow, walk: Walk) -> Iterator[str]:
    asked = flow.asked
    yield "## Context and Problem Statement"
    yield ""
    yield "Which patterns does the feature need? What is asked of it today:"
    yield ""
    for question, answer in walk.answers:
        yield f"* {asked[question].ask} **{answer.capitalize()}.**"
    yield ""
    yield "## Decision Drivers"
    yield ""
    for question, answer in walk.answers:
        yield f"* {_sentence(asked[question].means[answer])}"
    yield ""
    yield "## Considered Options"
    yield ""
    yield f"* {walk.title}"
    yield from (f"* {other.title}" for other in _alternatives(flow, walk))
    yield ""


def _outcome(flow: Flow, walk: Walk) -> Iterator[str]:
    reasons = "; ".join(
        flow.asked[question].means[answer] for question, answer in walk.answers
    )
    yield "## Decision Outcome"
    yield ""
    yield f'Chosen option: "{walk.title}", because {reasons}.'
    yield ""
    yield "To build, in this order:"
    yield ""
    for number, step in enumerate(walk.steps, start=1):
        yield f"{number}. {step.pattern.title}. {step.because}"
    yield ""


def _consequences(walk: Walk) -> Iterator[str]:
    yield "### Consequences"
    yield ""
    for step in walk.steps:
        yield f"* Good, because of *{step.pattern.title}*: {step.pattern.why}"
    for step in walk.steps:
        yield f"* Bad, because of *{step.pattern.title}*: {step.pattern.cost}"
    for text in left_out(walk):
        yield f"* Neutral, because it is left out: {text}"
    yield ""
    yield "### Confirmation"
    yield ""
    yield "Tests to write:"
    yield ""
    for step in walk.steps:
        yield from (f"* {test}" for test in step.pattern.confirm)
    yield ""


def _information(flow: Flow, walk: Walk, url: str | None) -> Iterator[str]:
    yield "## More Information"
    yield ""
    yield "Signs that it is time to leave, and the answer that then changes:"
    yield ""
    for sign in walk.signs():
        question, answer = sign.change
        yield f"* {sign.sign} (*{flow.asked[question].title}* **{answer}**)"
    yield ""
    place = f"<{url}>" if url else f"*{walk.title}* in *{GUIDE}*"
    yield f"The code of each pattern, and what it is tested with: {place}"
    yield ""


def left_out(walk: Walk) -> list[str]:
    return [
        step.pattern.left_out for step in walk.steps if step.pattern.left_out
    ]


def _alternatives(flow: Flow, walk: Walk) -> list[Walk]:
    """The outcomes that one other answer would have led to."""
    found = {}
    for question, answer in walk.answers:
        other = "no" if answer == "yes" else "yes"
        for outcome in flow.changed(walk, (question, other)):
            found[outcome.slug] = outcome
    return list(found.values())


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
