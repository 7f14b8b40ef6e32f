"""An outcome as an architecture decision record in MADR 4's form."""

from guide.decide.flow import Flow, Walk
from guide.decide.templates import template

GUIDE = "Python Backend Architecture"


def adr(flow: Flow, walk: Walk, url: str | None) -> str:
    """The record, to be kept beside the feature's code.

    It is read elsewhere, so without the ``url`` of a published site it names
    the guide, and what to look for there.
    """
    return template("record.md").render(
        walk=walk,
        asked=flow.asked,
        alternatives=_alternatives(flow, walk),
        sentence=_sentence,
        place=f"<{url}>" if url else f"*{walk.title}* in *{GUIDE}*",
    )


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
