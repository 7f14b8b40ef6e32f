"""The decision guide in a terminal: ``python -m guide.decide`` asks,
``--answers complex-domain=no,…`` takes the answers as given.
"""

import argparse
import json
import sys
import textwrap
from collections.abc import Iterator
from typing import NoReturn

from guide.decide.flow import AnswersError, Flow, Question, Walk, left_out, load
from guide.decide.outcomes import published, url
from guide.decide.record import adr
from guide.layout import ROOT
from guide.snippets.source import find

WIDTH = 78
WORDS = {"y": "yes", "yes": "yes", "n": "no", "no": "no"}
HELP = "Answer y or n; ? if you are not sure, b to go back."


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{message}\n")


def parse_answers(text: str) -> dict[str, str]:
    """``question=yes,question=no``.

    Raises:
        AnswersError: an item is no pair, or a question is answered twice.
    """
    answers: dict[str, str] = {}
    for item in filter(None, map(str.strip, text.split(","))):
        question, equals, answer = map(str.strip, item.partition("="))
        if not equals:
            raise AnswersError(f"{item}: write {item}=yes or {item}=no")
        if question in answers:
            raise AnswersError(f"{question} is answered twice: answer it once")
        answers[question] = answer
    return answers


def as_text(flow: Flow, walk: Walk) -> str:
    return "\n".join(_text(flow, walk)) + "\n"


def _text(flow: Flow, walk: Walk) -> Iterator[str]:
    yield walk.title
    yield "=" * len(walk.title)
    yield ""
    for question, answer in walk.answers:
        asked = flow.asked[question]
        yield from _wrapped(
            f"{asked.title} {answer.capitalize()}: {asked.means[answer]}."
        )
    yield ""
    yield "Build, in this order:"
    for number, step in enumerate(walk.steps, start=1):
        pattern = step.pattern
        yield ""
        yield f"{number}. {pattern.title}"
        yield from _wrapped(step.because, "   ")
        yield from (f"   {path}" for path in paths(walk, step.pattern.id))
        if pattern.page():
            yield f"   docs/{pattern.link}"
    yield ""
    yield "What it costs:"
    yield from _items(step.pattern.cost for step in walk.steps)
    yield ""
    yield "What is left out:"
    yield from _items(left_out(walk))
    yield ""
    yield "When to leave it:"
    yield from _items(
        f"{sign.sign} Then: {flow.asked[sign.change[0]].title} "
        f"{sign.change[1].capitalize()}."
        for sign in walk.signs()
    )
    yield ""
    yield url(walk)


def _wrapped(
    text: str, indent: str = "", first: str | None = None
) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _items(texts: Iterator[str] | list[str]) -> Iterator[str]:
    for text in texts:
        yield from _wrapped(text, "  ", "- ")


def paths(walk: Walk, pattern_id: str) -> list[str]:
    """The files of a pattern's snippets, each once."""
    pattern = next(
        step.pattern for step in walk.steps if step.pattern.id == pattern_id
    )
    found = (find(item).path.as_posix() for item in walk.snippets(pattern))
    return list(dict.fromkeys(found))


def as_json(_flow: Flow, walk: Walk) -> str:
    data = {
        "answers": walk.given,
        "patterns": [
            {
                "id": step.pattern.id,
                "title": step.pattern.title,
                "because": step.because,
                "topic": step.pattern.link if step.pattern.page() else None,
                "snippets": paths(walk, step.pattern.id),
            }
            for step in walk.steps
        ],
        "cost": [step.pattern.cost for step in walk.steps],
        "left_out": left_out(walk),
        "leave_when": [
            {"sign": sign.sign, "change": dict([sign.change])}
            for sign in walk.signs()
        ],
        "url": url(walk),
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def as_adr(flow: Flow, walk: Walk) -> str:
    return adr(flow, walk, published(walk))


FORMATS = {"text": as_text, "json": as_json, "adr": as_adr}


def ask(flow: Flow) -> Walk:
    """Ask on stderr, read from stdin, until the path has ended.

    Raises:
        AnswersError: the input ended before.
    """
    given: list[tuple[str, str]] = []
    _say(f"{HELP}\n")
    while question := flow.walk(dict(given)).asks:
        _pose(question, len(given) + 1)
        while True:
            _say(f"{question.title} [y/n/?/b] ", end="")
            line = sys.stdin.readline()
            if not line:
                _say("")
                raise AnswersError(f"{question.id} has no answer")
            word = line.strip().lower()
            if word in WORDS:
                given.append((question.id, WORDS[word]))
                break
            if word == "b" and given:
                given.pop()
                break
            _say("\n".join(_doubt(question) if word == "?" else [HELP]))
    _say("")
    return flow.walk(dict(given))


def _pose(question: Question, number: int) -> None:
    lines = ["", *_wrapped(f"{number}. {question.ask}")]
    for label, signs in (
        ("Yes, if", question.signs_yes),
        ("No, if", question.signs_no),
    ):
        lines += ["", label, *_items(signs)]
    lines += ["", *_wrapped(f"In the shop: {question.example}"), ""]
    _say("\n".join(lines))


def _doubt(question: Question) -> list[str]:
    doubt = question.not_sure
    until = f"Until then take {doubt.take}. {doubt.because}"
    return ["", *_items(doubt.settle), "", *_wrapped(until), ""]


def _say(text: str, end: str = "\n") -> None:
    sys.stderr.write(text + end)
    sys.stderr.flush()


def main(arguments: list[str] | None = None) -> int:
    parser = Parser(prog="python -m guide.decide", description=__doc__)
    parser.add_argument(
        "--answers", metavar="QUESTION=yes,QUESTION=no", help="do not ask"
    )
    parser.add_argument("--format", choices=FORMATS, default="text")
    options = parser.parse_args(arguments)
    flow = load(ROOT)
    try:
        if options.answers is None:
            walk = ask(flow)
        else:
            walk = flow.decide(parse_answers(options.answers))
    except AnswersError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return 130
    sys.stdout.write(FORMATS[options.format](flow, walk))
    return 0
