"""Diagrams: from Mermaid source to SVG, and what its author is told."""

import re
import textwrap

import pytest
from markdown import Markdown

from guide.site import diagrams
from guide.site.diagrams import DiagramError, fence_mermaid_custom

CALL = "sequenceDiagram\n  accTitle: A call\n  accDescr: A calls B.\n  A->>B: x"
CHART = """
flowchart LR
    accTitle: A chart
    accDescr: New leads to old.
    new["x<br/>y"] edge-1@--> old
    click new href "#here"
"""


@pytest.fixture(scope="module")
def chart(tmp_path_factory) -> str:
    return diagrams.drawing(CHART, tmp_path_factory.mktemp("root"))


def page(text: str) -> str:
    fence = {"name": "mermaid", "class": "m", "format": fence_mermaid_custom}
    return Markdown(
        extensions=["pymdownx.superfences"],
        extension_configs={"pymdownx.superfences": {"custom_fences": [fence]}},
    ).convert(text)


def test_a_drawing_says_what_it_shows(chart):
    assert re.search(r'<title id="([^"]+)">A chart</title>', chart)
    label = re.search(r'aria-labelledby="([^"]+)"', chart)[1]
    assert f'<title id="{label}">' in chart
    assert "<desc" in chart
    assert 'role="group"' in chart  # it has a link; "img" would hide it


def test_nodes_and_edges_keep_their_names(chart):
    assert {*re.findall(r'data-node="([^"]+)"', chart)} == {"new", "old"}
    assert re.findall(r'data-id="([^"]+)"', chart) == ["edge-1"]


def test_a_drawing_carries_no_style_and_nothing_unused(chart):
    assert "<style" not in chart
    assert "xmlns" not in chart
    defined = {*re.findall(r'<marker[^>]* id="([^"]+)"', chart)}
    assert defined == {*re.findall(r"url\(#([^)]+)\)", chart)}
    assert "<p>" not in chart  # no place in the <span> of a label


def test_a_circle_has_no_width(tmp_path):
    states = "stateDiagram-v2\naccTitle: A\naccDescr: B.\n[*] --> new"
    circle = re.search("<circle[^>]*>", diagrams.drawing(states, tmp_path))[0]
    assert " r=" in circle
    assert "width=" not in circle.replace("stroke-width=", "")
    assert "height=" not in circle


def test_the_same_source_has_the_same_drawing_and_another_other_ids(tmp_path):
    first, again, other = diagrams.drawings(
        [CALL, CALL, CALL.replace("x", "y")], tmp_path
    )
    assert first == again
    ids = [{*re.findall(r' id="([^"]+)"', svg)} for svg in (first, other)]
    assert ids[0]
    assert ids[0].isdisjoint(ids[1])


def test_what_was_drawn_is_not_drawn_again(tmp_path, monkeypatch):
    first = diagrams.drawing(CALL, tmp_path)
    monkeypatch.setattr(diagrams, "compact", lambda *_: "drawn again")
    assert diagrams.drawing(CALL, tmp_path) == first


def test_a_diagram_that_does_not_parse_is_named_by_page_and_line(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(
        f"# Page\n\n```mermaid\n{CALL}\n```\n\n"
        "```mermaid\nflowchart TB\n  a[ --> b\n```\n"
    )
    with pytest.raises(DiagramError, match=r"docs/index\.md:10: .*Parse error"):
        diagrams.prepare(tmp_path)


def test_an_indented_fence_is_found_where_it_stands():
    fence = textwrap.indent(f"```mermaid\n{CALL}\n```\n", "    ")
    text = f"- item\n\n{fence}"
    assert [*diagrams.fenced(text)] == [(3, f"{CALL}\n")]


def test_a_fence_that_does_not_parse_fails_the_build():
    with pytest.raises(DiagramError):
        page("```mermaid\nflowchart TB\n  a[ --> b\n```")


def test_under_serve_the_source_reaches_mermaid_to_the_letter(monkeypatch):
    monkeypatch.setenv(diagrams.LIVE, "true")
    rendered = page('```mermaid\na["x<br/>y"] --> b & c\n```')
    assert rendered == (
        '<pre class="mermaid"><code>'
        "a[&quot;x&lt;br/&gt;y&quot;] --&gt; b &amp; c"
        "</code></pre>"
    )


def test_mermaid2_knows_the_fence_by_its_name():
    assert fence_mermaid_custom.__name__ == "fence_mermaid_custom"
