"""Citations: numbered documents are links, where a link may stand."""

import pytest
from markdown import Markdown

from guide.site.citations import makeExtension


def render(text: str) -> str:
    return Markdown(extensions=["fenced_code", makeExtension()]).convert(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("See RFC 9457.", "https://www.rfc-editor.org/rfc/rfc9457"),
        ("(PEP 8)", "https://peps.python.org/pep-0008/"),
    ],
)
def test_a_numbered_document_is_a_link(text, address):
    assert f'<a href="{address}">' in render(text)


@pytest.mark.parametrize(
    "text",
    ["`RFC 9457`", "```\nPEP 8\n```", "## PEP 8", "RFCs 9457", "RFC 9457a"],
)
def test_code_headings_and_other_words_stay(text):
    assert "<a" not in render(text)


def test_a_link_keeps_its_own_address():
    rendered = render("[as RFC 9457 says](errors.md)")
    assert rendered.count("<a ") == 1
    assert "rfc-editor" not in rendered
