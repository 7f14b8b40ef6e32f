"""One stylesheet of a built site's several, without what no page can use.

A selector is left out if it names a class, an id, an element or an attribute
that stands in no page and in no script. What a script makes up from parts of
a word would be missed: Material's scripts and ours do not.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import tinycss2  # type: ignore[import-untyped]  # ships no types
from tinycss2.ast import (  # type: ignore[import-untyped]  # ships no types
    HashToken,
    IdentToken,
    LiteralToken,
    Node,
    ParseError,
    QualifiedRule,
    SquareBracketsBlock,
    WhitespaceToken,
)

TAG = re.compile(r"<[a-z][^>]*>")
NAME = re.compile(r"(?<=[<\s])[a-z][\w-]*")
ATTRIBUTE = re.compile(r'\s([a-z][\w-]*)="([^"]*)"')
SCRIPT = re.compile(r"<script[^>]*>(.+?)</script>", re.DOTALL)
WORD = re.compile(r"[A-Za-z_][\w-]*")
PROPERTY = re.compile(r"--[\w-]+")
# Parts of Material that this site is built without, though its script has them.
NOT_USED = re.compile(r"md-(annotation|code__|search|tag|version)|--md-mermaid")
CONDITIONAL = {"media", "supports", "layer", "container"}


class StylesheetError(Exception):
    """What is no CSS, and in which line."""


@dataclass
class Used:
    """What pages and scripts name."""

    names: set[str] = field(default_factory=set)
    attributes: set[tuple[str, str]] = field(default_factory=set)
    properties: set[str] = field(default_factory=set)
    _tags: set[str] = field(default_factory=set)

    def add_page(self, html: str) -> None:
        new = set(TAG.findall(html)) - self._tags
        self._tags |= new
        for tag in new:
            self.names |= set(NAME.findall(tag))
            for name, value in ATTRIBUTE.findall(tag):
                self.attributes.add((name, value))
                if name in {"class", "id"}:
                    self.names.update(value.split())
            self.properties |= set(PROPERTY.findall(tag))
        for script in SCRIPT.findall(html):
            self.add_script(script)

    def add_script(self, text: str) -> None:
        words = set(WORD.findall(text)) | set(PROPERTY.findall(text))
        words = {word for word in words if not NOT_USED.match(word)}
        self.names |= words
        self.properties |= words

    def has_attribute(self, name: str, value: str) -> bool:
        return (name, value) in self.attributes or value in self.names


@dataclass
class Rule:
    """A rule, or with ``inner`` a block of them, such as ``@media``."""

    head: str
    declarations: list[tuple[str, str]] = field(default_factory=list)
    inner: list["Rule"] = field(default_factory=list)

    def without(self, names: set[str]) -> "Rule":
        return Rule(
            self.head,
            [each for each in self.declarations if each[0] not in names],
            [rule.without(names) for rule in self.inner],
        )

    def __str__(self) -> str:
        inner = "".join(map(str, self.inner))
        if inner or not self.head:
            return f"{self.head}{{{inner}}}" if self.head else inner
        body = "".join(text for _, text in self.declarations)
        return f"{self.head}{{{body}}}" if body else ""


def pruned(css: str, used: Used) -> str:
    """``css`` without comments, unused rules and unused custom properties.

    Raises:
        StylesheetError: it is no CSS.
    """
    sheet = Rule("", inner=list(_rules(_parsed(css), used)))
    while unused := _defined(sheet) - used.properties - _read(str(sheet)):
        sheet = sheet.without(unused)
    return str(sheet)


def _parsed(css: str | list[Node]) -> list[Node]:
    return _sound(
        tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    )


def _sound(nodes: list[Node]) -> list[Node]:
    for node in nodes:
        if isinstance(node, ParseError):
            line = f"line {node.source_line}"
            raise StylesheetError(f"{line}: {node.message}")
    return nodes


def _rules(nodes: Iterable[Node], used: Used) -> Iterator[Rule]:
    for node in nodes:
        if isinstance(node, QualifiedRule):
            selectors = [
                _text(selector)
                for selector in _split(node.prelude)
                if _is_used(selector, used)
            ]
            if selectors:
                yield Rule(",".join(selectors), _declarations(node.content))
            continue
        head = f"@{node.at_keyword} {_text(node.prelude)}".strip()
        if node.at_keyword in CONDITIONAL:
            yield Rule(head, inner=list(_rules(_parsed(node.content), used)))
        elif node.content is not None:
            yield Rule(head, [("", _text(node.content))])


def _declarations(content: list[Node]) -> list[tuple[str, str]]:
    """Name and text of each."""
    nodes = tinycss2.parse_blocks_contents(
        content, skip_comments=True, skip_whitespace=True
    )
    return [(node.name, _text([node])) for node in _sound(nodes)]


def _text(nodes: list[Node]) -> str:
    text: str = tinycss2.serialize(nodes)
    return text.strip()


def _defined(rule: Rule) -> set[str]:
    names = {name for name, _ in rule.declarations if name.startswith("--")}
    return names.union(*map(_defined, rule.inner))


def _read(css: str) -> set[str]:
    return set(re.findall(r"var\(\s*(--[\w-]+)", css))


def _split(prelude: list[Node]) -> Iterator[list[Node]]:
    """The selectors of a list."""
    selector: list[Node] = []
    for node in prelude:
        if isinstance(node, LiteralToken) and node.value == ",":
            yield selector
            selector = []
        else:
            selector.append(node)
    yield selector


def _is_used(selector: list[Node], used: Used) -> bool:
    """Whether all that must be there for the selector to match may be.

    What stands in ``:not()``, ``:is()`` and the like is not looked at.
    """
    before = " "
    for node in selector:
        if isinstance(node, IdentToken | HashToken):
            if before != ":" and node.value not in used.names:
                return False
        elif isinstance(node, SquareBracketsBlock) and not _has(node, used):
            return False
        before = node.value if isinstance(node, LiteralToken) else " "
        if before == "::":
            before = ":"
    return True


def _has(block: SquareBracketsBlock, used: Used) -> bool:
    parts = [
        node for node in block.content if not isinstance(node, WhitespaceToken)
    ]
    name = parts[0].value
    if len(parts) == 3 and parts[1].value == "=":
        return used.has_attribute(name, parts[2].value)
    return name in used.names
