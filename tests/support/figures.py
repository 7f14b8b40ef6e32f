"""Read the figures of a rendered page."""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

FIGURE = re.compile(r'<figure class="snippet.*?</figure>', re.DOTALL)
PATH = re.compile(r'class="snippet__title">.*?<code>(.*?)</code>', re.DOTALL)
BUTTON = re.compile(r'class="snippet__copy"(?: data-copy="([^"]*)")?>([^<]*)<')
CODE = re.compile(r"<pre.*?<code>(.*?)</code></pre>", re.DOTALL)


class CopyButton(NamedTuple):
    path: str
    label: str
    text: str


def copy_buttons(rendered: str) -> Iterator[CopyButton]:
    """Each Copy of a figure: the path, the label, what it copies.

    A button without a text of its own copies the code shown.
    """
    for figure in FIGURE.findall(rendered):
        path = unescape("".join(PATH.findall(figure)))
        shown = re.sub(r"<[^>]+>", "", "".join(CODE.findall(figure)))
        for text, label in BUTTON.findall(figure):
            yield CopyButton(path, label, unescape(text or shown))
