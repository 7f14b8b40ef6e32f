"""Finish a built site: one stylesheet, and HTML as the standard wants it.

MkDocs and Material have no place for either: each writes its own stylesheets,
and the mistakes are in templates that cannot be overridden in part.
"""

import re
import shutil
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path

from guide.site.stylesheet import Used, pruned

STYLESHEET = re.compile(
    r'\s*<link rel="stylesheet" href="(?P<up>[^":]*?)(?P<path>assets/[^"]+)">'
)
CHECKBOX = re.compile(r'<input [^>]*type="checkbox"[^>]*>')
MATERIALS_SEARCH = ("assets/javascripts/lunr", "assets/javascripts/workers")
NO_CONTENTS = re.compile(r' for="__toc"')


def finish(site: Path) -> None:
    """Give all pages one stylesheet, of what they use, and mend their HTML."""
    for unused in MATERIALS_SEARCH:
        shutil.rmtree(site / unused, ignore_errors=True)
    pages = {path: path.read_text() for path in sorted(site.rglob("*.html"))}
    name = write_stylesheet(site, pages.values())
    for path, html in pages.items():
        path.write_text(valid(with_one_stylesheet(html, name)))


def write_stylesheet(site: Path, pages: Collection[str]) -> str:
    """In place of those that the pages name. Returns its path in the site."""
    used = Used()
    sheets: dict[str, None] = {}
    for html in pages:
        used.add_page(html)
        found = STYLESHEET.finditer(html)
        sheets |= dict.fromkeys(link["path"] for link in found)
    for script in site.glob("assets/**/*.js"):
        used.add_script(script.read_text())
    css = "\n".join((site / path).read_text() for path in sheets)
    css = pruned(css, used)
    for path in sheets:
        (site / path).unlink()
    name = f"assets/guide.{sha256(css.encode()).hexdigest()[:8]}.css"
    (site / name).write_text(css)
    return name


def with_one_stylesheet(html: str, name: str) -> str:
    """``name`` stands where the first of them stood."""
    first = STYLESHEET.search(html)
    if first is None:
        return html
    link = f'\n<link rel="stylesheet" href="{first["up"]}{name}">'
    before, after = html[: first.start()], html[first.end() :]
    return before + link + STYLESHEET.sub("", after)


def valid(html: str) -> str:
    """Without what Material writes and the HTML standard does not allow."""
    html = CHECKBOX.sub(
        lambda found: found[0].replace(' autocomplete="off"', ""), html
    )
    if 'id="__toc"' not in html:
        html = NO_CONTENTS.sub("", html)
    return html.replace(' tabindex=""', "")
