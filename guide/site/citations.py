"""Markdown extension: ``RFC 9457`` and ``PEP 544`` in a text become links."""

from re import Match
from xml.etree.ElementTree import Element

from markdown import Extension, Markdown
from markdown.inlinepatterns import InlineProcessor

SERIES = r"\b(RFC|PEP) ([0-9]{1,5})\b"


class CitationExtension(Extension):
    """Registers the inline processor; takes no options."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown's
        # After code (190) and links (160), which keep their text as it is.
        md.inlinePatterns.register(Citation(SERIES, md), "citation", 50)


class Citation(InlineProcessor):
    """Links a document of a numbered series to its publisher."""

    ANCESTOR_EXCLUDES = ("a", "h1", "h2", "h3", "h4")

    def handleMatch(  # type: ignore[override]  # noqa: N802 - Markdown's name; its base class has the older signature
        self, m: Match[str], _data: str
    ) -> tuple[Element, int, int]:
        link = Element("a", href=address(m[1], int(m[2])))
        link.text = m[0]
        return link, m.start(0), m.end(0)


def address(series: str, number: int) -> str:
    if series == "PEP":
        return f"https://peps.python.org/pep-{number:04}/"
    return f"https://www.rfc-editor.org/rfc/rfc{number}"


def makeExtension(**options: object) -> CitationExtension:  # noqa: N802 - Markdown's
    return CitationExtension(**options)
