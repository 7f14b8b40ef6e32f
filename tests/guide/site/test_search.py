"""The search: what is in its index, and what it answers."""

import json
import re
from pathlib import Path

import pytest
import quickjs

from guide.layout import ROOT
from guide.site import search

ENGINE = ROOT / "docs" / "assets" / "js" / "search-engine.js"

PAGES = {
    "index.md": "---\ntitle: Home\n---\n# Home { #home }\n\nInbox, saga.\n",
    "topics/event-driven/index.md": (
        "---\ntitle: Event-driven architecture\n---\n"
        "# Event-driven { #event-driven }\n\nSagas, outbox and inbox.\n"
    ),
    "topics/event-driven/inbox.md": """---
title: Inbox (idempotent consumer)
description: One event, charged twice.
aliases:
  - same card charged twice
  - exactly once
---
# Inbox { #inbox }

The consumer *remembers* [events](../index.md).

```python
class SecretName: ...
```

::: snippet event_driven.inbox

## Cost { #cost }

| one | row |
|---|---|
| per | `event` |
""",
    "topics/event-driven/saga.md": (
        "---\ntitle: Saga\n---\n# Saga { #saga }\n\nA card is charged.\n"
    ),
}


OUTCOME = "---\ntitle: Plain\ndescription: No more than it needs.\n---\n"


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> list[dict]:
    root = tmp_path_factory.mktemp("root")
    for name, text in PAGES.items():
        page = root / "docs" / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text)
    module = root / "snippets" / "event_driven" / "saga.py"
    module.parent.mkdir(parents=True)
    module.write_text('"""Saga: steps with an undo."""\n')
    module.with_stem("saga_broken").write_text('"""Wrong."""\n')
    return json.loads(search.index({Path("all-no.md"): OUTCOME}, root))


@pytest.fixture(scope="module")
def ask(index):
    context = quickjs.Context()
    context.eval(ENGINE.read_text())
    context.set("pages", json.dumps(index))
    context.eval("globalThis.engine = new SearchEngine(JSON.parse(pages))")

    def ask(query: str) -> list[dict]:
        context.set("query", query)
        return json.loads(context.eval("JSON.stringify(engine.search(query))"))

    return ask


def urls(hits: list[dict]) -> list[str]:
    return [hit["page"]["url"] for hit in hits]


def test_sections_stand_under_their_anchors_without_code(index):
    (page,) = [p for p in index if p["url"].endswith("/inbox/")]
    assert page["kind"] == "pattern"
    assert page["sections"] == [
        [
            "Inbox",
            "inbox",
            "One event, charged twice. The consumer remembers events.",
        ],
        ["Cost", "cost", "one row per event"],
    ]
    assert "SecretName" not in json.dumps(index)


def test_twins_are_not_found(index):
    modules = [p["url"] for p in index if p["kind"] == "reference"]
    assert modules == ["reference/event_driven/saga/"]


def test_the_page_of_a_pattern_comes_before_all_that_mention_it(ask):
    assert urls(ask("saga"))[0] == "topics/event-driven/saga/"
    assert urls(ask("inbox"))[0] == "topics/event-driven/inbox/"


@pytest.mark.parametrize(
    "query",
    [
        "idempotent consumers",  # the title, in the plural
        "same card charged twice",  # an alias, to the letter
        "customer's card charged twice",  # and in other words
        "Exactly-Once",
        "remember",
        "exactly onc",  # not typed to the end
    ],
)
def test_other_names_and_symptoms_lead_to_the_pattern(ask, query):
    assert urls(ask(query))[0] == "topics/event-driven/inbox/"


@pytest.mark.parametrize("query", ["", "  ", "the of and", "?!", "zzzz "])
def test_what_means_nothing_finds_nothing(ask, query):
    assert ask(query) == []


def test_a_hit_shows_the_words_it_was_found_by(ask):
    hit = ask("remembers")[0]
    marked = [
        text
        for section in hit["sections"]
        for text, is_hit in section["context"]
        if is_hit
    ]
    assert marked == ["remembers"]


def test_an_outcome_is_known_by_what_it_is_and_where(index):
    (entry,) = [each for each in index if each["kind"] == "outcome"]
    assert (entry["url"], entry["title"]) == (
        "decide/outcomes/all-no/",
        "Plain",
    )
    assert entry["sections"] == [["", "", "No more than it needs."]]


def test_the_engine_is_small():
    code = re.sub(r"/\*.*?\*/", "", Path(ENGINE).read_text(), flags=re.DOTALL)
    assert len(code) < 8_000
