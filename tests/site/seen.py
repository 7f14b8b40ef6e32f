"""Pages that were found good before: as they were, they need no second look.

Outside CI alone. A page is known by its content, by that of all styles and
scripts, and by how it is inspected; the footer's date of the last run is left
out.
"""

import hashlib
import os
import re
from functools import cache
from pathlib import Path

from guide.layout import ROOT

SEEN = ROOT / "build" / "inspected"
DATE = re.compile(r'<p class="verified">.*?</p>', re.DOTALL)
HOW = ("inspection.py", "test_pages.py")


def is_known(site: Path, path: str) -> bool:
    """Whether this very page was found good; in CI none was."""
    return not os.environ.get("CI") and _note(site, path).exists()


def remember(site: Path, path: str) -> None:
    note = _note(site, path)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(f"{path}\n")


def _note(site: Path, path: str) -> Path:
    page = site / path.strip("/")
    html = (page if page.suffix else page / "index.html").read_text()
    digest = hashlib.sha256(_surroundings(site) + path.encode())
    digest.update(DATE.sub("", html).encode())
    return SEEN / digest.hexdigest()


@cache
def _surroundings(site: Path) -> bytes:
    digest = hashlib.sha256()
    files = [*site.glob("assets/**/*.css"), *site.glob("assets/**/*.js")]
    for file in sorted(files):
        digest.update(file.read_bytes())
    for name in HOW:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.digest()
