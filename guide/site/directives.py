"""Markdown extension: ``::: snippet REFERENCE``, ``::: flow PART``,
``::: tree FOLDER``, ``::: crash-points MATRIX``, ``::: timeline NAME``,
``::: mutants`` and ``::: bench NAME``.

A snippet becomes a figure: path, code, evidence, copy buttons, links. Links
are left to mkdocs-autorefs, so that the extension need not know its page.
"""

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import escape
from itertools import takewhile
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from mkdocs.exceptions import BuildError
from pygments import highlight
from pygments.filter import Filter
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class_for_filename
from pygments.lexers.special import TextLexer
from pygments.token import Name, Operator, Punctuation, Text, Whitespace

from guide.decide import page as flow_page
from guide.evidence import bench as bench_record
from guide.evidence import crash_points, timeline
from guide.evidence import mutants as mutation_report
from guide.evidence.report import Evidence, Outcome, load, not_verified
from guide.layout import (
    is_copyable,
    is_of_shop,
    mirror_of,
    module_name,
    owner_of_tests,
    where_to_put,
)
from guide.site import bench, parcels
from guide.snippets import tree
from guide.snippets.requirements import requirement
from guide.snippets.shown import (
    BENCH,
    DIRECTIVE,
    anchor,
    outside_fences,
    shown,
    shown_benches,
)
from guide.snippets.source import (
    Excerpt,
    UnknownSnippetError,
    copy_along,
    find,
    read,
)

CRASH_POINTS = re.compile(r"^::: crash-points (?P<matrix>\w+\.\w+)\s*$")
TIMELINE = re.compile(r"^::: timeline (?P<name>\w+\.\w+)\s*$")
MUTANTS = re.compile(r"^::: mutants\s*$")
SHORT_IMPORTS = 4  # lines
PLAIN = {Name, Name.Namespace, Operator, Whitespace}
FLOW = re.compile(rf"^::: flow (?P<part>{'|'.join(flow_page.PARTS)})\s*$")


class SnippetExtension(Extension):
    """Registers the preprocessor; takes no options."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown's
        # After whitespace is normalised (30), before fences are read (25).
        md.preprocessors.register(Expand(md), "guide", 27)
        # After attribute lists are read (8), before MkDocs looks for ids (5).
        md.treeprocessors.register(Anchors(md), "guide-anchors", 7)


class Expand(Preprocessor):
    """Replaces each directive outside fences by what it shows."""

    def run(self, lines: list[str]) -> list[str]:
        if not any(line.lstrip().startswith("::: ") for line in lines):
            return lines  # such as every docstring of the reference
        evidence = load()
        outside = {number for number, _ in outside_fences("\n".join(lines))}
        expanded: list[str] = []
        shown_before: set[str] = set()
        for number, line in enumerate(lines, start=1):
            if number not in outside:
                expanded.append(line)
            elif match := DIRECTIVE.match(line):
                excerpt = self._find(match["reference"])
                placeholder = self.md.htmlStash.store(figure(excerpt, evidence))
                name = anchor(excerpt.path)
                if name not in shown_before:
                    shown_before.add(name)
                    expanded += ["", f"{match['indent']}[](){{ #{name} }}"]
                expanded += ["", match["indent"] + placeholder, ""]
                if parcels.has_parcel(excerpt.path):
                    link, attributes = whole(excerpt)
                    indent = match["indent"]
                    expanded += [indent + link, indent + attributes, ""]
            elif match := FLOW.match(line):
                expanded += flow_page.markdown(match["part"]).splitlines()
            elif match := tree.DIRECTIVE.match(line):
                expanded += self._tree(match["folder"])
            elif html := reported(line, evidence):
                expanded += ["", self.md.htmlStash.store(html), ""]
            elif match := BENCH.match(line):
                expanded += self._bench(match["reference"], match["indent"])
            else:
                expanded.append(line)
        return expanded

    def _find(self, reference: str) -> Excerpt:
        try:
            return find(reference)
        except UnknownSnippetError as error:
            places = ", ".join(
                f"{item.page}:{item.line}"
                for item in shown()
                if item.reference == reference
            )
            raise BuildError(f"{places}: {error}") from error

    def _bench(self, name: str, indent: str) -> list[str]:
        try:
            record = bench_record.load(name)
        except bench_record.UnknownBenchError as error:
            places = ", ".join(
                f"{item.page}:{item.line}"
                for item in shown_benches()
                if item.reference == name
            )
            raise BuildError(f"{places}: {error}") from error
        html = self.md.htmlStash.store(bench.figure(record))
        lines = ["", html, "", *bench.links(name, record), ""]
        return [indent + line if line else "" for line in lines]

    def _tree(self, folder: str) -> list[str]:
        try:
            return list(tree.lines(folder))
        except UnknownSnippetError as error:
            raise BuildError(f"::: tree {folder}: {error}") from error


def reported(line: str, evidence: Evidence | None) -> str:
    """What a test has left behind for a page, if the line asks for it."""
    if match := CRASH_POINTS.match(line):
        return crash_points.html(match["matrix"], evidence)
    if match := TIMELINE.match(line):
        return timeline.html(match["name"], evidence)
    return mutation_report.html() if MUTANTS.match(line) else ""


class Anchors(Treeprocessor):
    """Makes ``[](){ #name }`` a place to link to, and no link itself."""

    def run(self, root: Element) -> None:
        for link in list(root.iter("a")):
            if link.get("href") == "" and link.get("id"):
                link.tag = "span"
                del link.attrib["href"]
        for paragraph in root.iter("p"):
            (*children,) = paragraph
            if [each.tag for each in children] == ["span"] and not (
                paragraph.text or children[0].text or children[0].tail
            ):
                paragraph.set("class", "place")


def figure(excerpt: Excerpt, evidence: Evidence | None) -> str:
    """The HTML of one snippet."""
    broken = excerpt.is_broken
    return "".join(
        [
            f'<figure class="snippet{" snippet--broken" * broken}">',
            title(excerpt),
            highlighted(excerpt),
            '<div class="snippet__foot">',
            proof(excerpt, evidence) if excerpt.is_python else "",
            carry_along(excerpt),
            links(excerpt),
            "</div></figure>",
        ]
    )


def title(excerpt: Excerpt) -> str:
    path = f"<code>{escape(excerpt.path.as_posix())}</code>"
    if excerpt.is_python:
        path = link(f"source-{module_name(excerpt.path)}", path)
    symbol = (
        f' <span class="snippet__symbol">{escape(excerpt.symbol)}</span>'
        if excerpt.symbol
        else ""
    )
    badge = (
        ' <span class="snippet__badge">Wrong on purpose</span>'
        if excerpt.is_broken
        else ""
    )
    buttons = " ".join(copy_buttons(excerpt))
    return (
        f'<figcaption class="snippet__title">{path}{symbol}{badge}'
        + f'<span class="snippet__actions">{buttons}</span>' * bool(buttons)
        + "</figcaption>"
    )


class Plain(Filter):
    """Leaves uncoloured what most code is made of: half of a page's size."""

    def filter(
        self, lexer: Lexer | None, stream: Iterable[tuple[Any, str]]
    ) -> Iterator[tuple[Any, str]]:
        del lexer
        for kind, value in stream:
            plain = kind in PLAIN or kind in Punctuation
            yield (Text if plain else kind), value


@lru_cache(maxsize=1024)  # a module stands on its page, in the reference, …
def highlighted(excerpt: Excerpt) -> str:
    """The code; imports of many lines stand apart, so that they can fold."""
    known = find_lexer_class_for_filename(excerpt.path.name)
    lexer = (known or TextLexer)()
    lexer.add_filter(Plain())
    text = textwrap.dedent(excerpt.text).strip("\n") + "\n"
    code: str = highlight(text, lexer, HtmlFormatter(nowrap=True))
    lines = code.splitlines(keepends=True)
    first, last = long_imports(text) if excerpt.is_python else (0, 0)
    before, imports, after = lines[:first], lines[first:last], lines[last:]
    return "".join(
        [
            '<div class="highlight no-copy">',
            block(before, "before-imports" if imports else ""),
            folded(imports),
            block(after),
            "</div>",
        ]
    )


def block(lines: list[str], css_class: str = "") -> str:
    if not lines:
        return ""
    attribute = f' class="{css_class}"' if css_class else ""
    return f"<pre{attribute}><code>{''.join(lines)}</code></pre>"


def folded(lines: list[str]) -> str:
    if not lines:
        return ""
    label = f"Imports: {len(lines)} lines"
    return (
        '<div class="imports"><button type="button" aria-expanded="false">'
        f"{label}</button>{block(lines)}</div>"
    )


def long_imports(text: str) -> tuple[int, int]:
    """From and to which line the imports at the top stand, counted from 0.

    Nothing where they are short enough to be read over.
    """
    module = ast.parse(text)
    body = module.body[1 if ast.get_docstring(module) else 0 :]
    statements = (ast.Import, ast.ImportFrom)
    imports = [*takewhile(lambda it: isinstance(it, statements), body)]
    if not imports:
        return 0, 0
    first, last = imports[0].lineno - 1, imports[-1].end_lineno or 0
    is_long = last - first > SHORT_IMPORTS
    return (first, last) if is_long else (0, 0)


def proof(excerpt: Excerpt, evidence: Evidence | None) -> str:
    """The evidence line, from the last test run's report alone."""
    run = evidence.module(excerpt.path) if evidence else None
    if evidence is None or run is None:
        return not_verified()
    if run.missing and any(evidence.unproven(excerpt)):
        return not_verified(run.missing)
    ids = run.tests(excerpt.first, excerpt.last)
    tests = [evidence.tests[test] for test in ids]
    tests_link = tests_of(excerpt.path)
    servers = sorted(
        {evidence.servers[name] for test in tests for name in test.servers}
    )
    on = f" on {' and '.join(servers)}" if servers else ""
    if excerpt.is_broken:
        return symptoms(tests, tests_link, on)
    if not ids:
        return (
            '<p class="snippet__evidence">Declarations only: type-checked, '
            f"imported by {link(tests_link, 'passing tests')}.</p>"
        )
    mirror = mirror_of(excerpt.path).as_posix()
    own = sum(test.startswith(f"{mirror}::") for test in ids)
    passing = link(tests_link, count(own, "passing test"))
    others = f" and {len(ids) - own} of other snippets" * (own < len(ids))
    return (
        f'<p class="snippet__evidence">Run by {passing}{others}'
        f"{escape(on)}.</p>"
    )


def symptoms(tests: list[Outcome], tests_link: str, on: str) -> str:
    failing = [test for test in tests if test.status == "xfailed"]
    if not failing:
        checked = link(tests_link, "Proven wrong by its tests")
        return f'<p class="snippet__evidence">{checked}{escape(on)}.</p>'
    fails = link(tests_link, count(len(failing), "test"))
    passing = len(tests) - len(failing)
    also = f", passes {count(passing, 'other')}" if passing else ""
    reasons = dict.fromkeys(test.reason for test in failing)
    return "".join(
        f'<p class="snippet__symptom">{escape(reason)}</p>'
        for reason in reasons
    ) + (
        f'<p class="snippet__evidence">Fails {fails} as stated{also}'
        f"{escape(on)}.</p>"
    )


def carry_along(excerpt: Excerpt) -> str:
    if is_of_shop(excerpt.path):
        return (
            '<p class="snippet__with">Part of the reference service: '
            "<code>make shop</code> runs it.</p>"
        )
    if not excerpt.is_python or not is_copyable(excerpt.path):
        return ""
    along = copy_along(excerpt.path)
    place = where_to_put([excerpt.path, *along])
    siblings = [
        link(
            f"source-{module_name(path)}",
            f"<code>{place(path).as_posix()}</code>",
        )
        for path in along
    ]
    needs = [
        f"<code>{escape(requirement(name))}</code>"
        for name in distributions(excerpt)
    ]
    sentences = [
        f"{label} {', '.join(items)}."
        for label, items in (("Copy along:", siblings), ("Needs:", needs))
        if items
    ]
    if not sentences:
        return ""
    return f'<p class="snippet__with">{" ".join(sentences)}</p>'


def distributions(excerpt: Excerpt) -> list[str]:
    modules = [excerpt.path, *copy_along(excerpt.path)]
    found = {
        name
        for module in map(read, modules)
        for name in (*module.distributions, *module.unimported)
    }
    return sorted(found, key=str.lower)


def whole(excerpt: Excerpt) -> tuple[str, str]:
    """Markdown of the link to all that the module needs, as one zip, and what
    its paragraph is.
    """
    along = len(copy_along(excerpt.path))
    what = f"All {along + 1} modules" if along else "The module"
    address = parcels.zip_of(excerpt.path).relative_to("docs").as_posix()
    link = f"[{what} with tests (zip)](/{address}){{ download }}"
    return link, "{ .snippet__zip }"


def copy_buttons(excerpt: Excerpt) -> Iterator[str]:
    if not is_copyable(excerpt.path):
        return
    module = read(excerpt.path).text if excerpt.is_python else None
    if module in (None, excerpt.copied):
        is_shown = excerpt.copied.strip("\n") == excerpt.text.strip("\n")
        yield copy_button("Copy", None if is_shown else excerpt.copied)
    else:
        yield copy_button("Copy module", module)
        yield copy_button("Copy excerpt", excerpt.copied)


def links(excerpt: Excerpt) -> str:
    if not excerpt.is_python:
        return ""
    source = link(f"source-{module_name(excerpt.path)}", "Source")
    tests = link(tests_of(excerpt.path), "Tests")
    return f'<p class="snippet__links">{source} {tests}</p>'


def copy_button(label: str, text: str | None) -> str:
    """Copies ``text``, or with None what the figure shows."""
    content = escape(text or "").replace("\n", "&#10;")
    data = f' data-copy="{content}"' if text else ""
    return f'<button type="button" class="snippet__copy"{data}>{label}</button>'


@lru_cache(maxsize=1024)
def tests_of(path: Path) -> str:
    """The anchor of the tests that ran a module."""
    return f"tests-{module_name(owner_of_tests(path))}"


def link(identifier: str, html: str) -> str:
    return f'<autoref identifier="{identifier}">{html}</autoref>'


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def makeExtension(**options: object) -> SnippetExtension:  # noqa: N802 - Markdown's
    return SnippetExtension(**options)
