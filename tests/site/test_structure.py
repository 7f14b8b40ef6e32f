"""What every page must have, whoever reads it: found in its HTML alone."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"}
HEADING = re.compile(r"h[1-6]")


class Page(HTMLParser):
    """Collects what is wrong while it reads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.ids: Counter[str] = Counter()
        self.headings: list[int] = []
        self.referred: set[str] = set()
        self.title = ""
        self.description = ""
        self._named: list[tuple[str, str]] = []
        self._within: list[str] = []
        self.feed(html)

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids[given["id"]] += 1
        for name in ("aria-labelledby", "aria-describedby", "for"):
            self.referred.update(given.get(name, "").split())
        if tag not in VOID:
            self._within.append(tag)
        if HEADING.fullmatch(tag):
            self.headings.append(int(tag[1]))
        if tag == "html" and not given.get("lang"):
            self.problems.append("no language")
        if tag == "img" and "alt" not in given:
            self.problems.append(f"an image without alt: {given.get('src')}")
        if tag == "meta" and given.get("name") == "description":
            self.description = given["content"]
        if tag in {"a", "button"}:
            name = given.get("aria-label") or given.get("title") or ""
            is_place = tag == "a" and "href" not in given
            text = self.get_starttag_text() or ""
            self._named.append((text, "a place" if is_place else name))

    def handle_data(self, data: str) -> None:
        if self._within[-1:] == ["title"] and "svg" not in self._within:
            self.title += data
        if self._named:
            text, name = self._named[-1]
            self._named[-1] = (text, name + data.strip())

    def handle_endtag(self, tag: str) -> None:
        if tag in self._within:
            while self._within.pop() != tag:
                pass
        if tag in {"a", "button"} and self._named:
            text, name = self._named.pop()
            if not name:
                self.problems.append(f"without a name: {text}")


def problems(page: Page) -> list[str]:
    found = list(page.problems)
    found += [f"id twice: {name}" for name, n in page.ids.items() if n > 1]
    found += [f"no id {name}" for name in sorted(page.referred - {*page.ids})]
    if page.headings.count(1) != 1:
        found.append(f"{page.headings.count(1)} headings of the first level")
    found += [
        f"a heading of level {level} below one of level {above}"
        for above, level in zip(page.headings, page.headings[1:], strict=False)
        if level > above + 1
    ]
    if not page.title.strip():
        found.append("no title")
    if not page.description.strip():
        found.append("no description")
    return found


def test_no_page_lacks_what_all_need_and_no_two_have_one_title(site: Path):
    """In the reference two may: their titles are the names of modules."""
    paths = sorted(site.rglob("index.html"))
    assert len(paths) > 200
    found = {}
    titles: Counter[str] = Counter()
    for path in paths:
        page = Page(path.read_text())
        found[path.relative_to(site).as_posix()] = problems(page)
        if "reference" not in path.parts:
            titles[page.title] += 1
    assert {path: each for path, each in found.items() if each} == {}
    assert [title for title, count in titles.items() if count > 1] == []


SOUND = """<html lang="en"><head><title>A page</title>
<meta name="description" content="About."></head><body><h1 id="a">A</h1>
<svg aria-labelledby="b"><title id="b">Drawn</title></svg>
<a href="#a"><img src="x" alt="A"> to it</a>{addition}</body></html>"""


@pytest.mark.parametrize(
    ("addition", "problem"),
    [
        ("", None),
        ("<h2>B</h2><h3>C</h3><h2>D</h2>", None),
        ("<h3>B</h3>", "a heading of level 3 below one of level 1"),
        ("<h1>B</h1>", "2 headings of the first level"),
        ('<p id="a"></p>', "id twice: a"),
        ('<label for="never">B</label>', "no id never"),
        ('<a href="#a"> </a>', 'without a name: <a href="#a">'),
        ('<button aria-label="B"></button>', None),
        ("<button></button>", "without a name: <button>"),
        ('<a id="c"></a>', None),
        ('<img src="x">', "an image without alt: x"),
    ],
)
def test_what_a_page_lacks_is_named(addition, problem):
    found = problems(Page(SOUND.format(addition=addition)))
    assert found == ([problem] if problem else [])


@pytest.mark.parametrize(
    ("lost", "problem"),
    [
        (' lang="en"', "no language"),
        ("<title>A page</title>", "no title"),
        ('<meta name="description" content="About.">', "no description"),
    ],
)
def test_what_a_head_lacks_is_named(lost, problem):
    page = SOUND.format(addition="")
    assert lost in page
    assert problems(Page(page.replace(lost, ""))) == [problem]
