"""Does the site outlive Material for MkDocs, which ends in May 2027?

Builds it with Zensical, which reads the same ``mkdocs.yml`` and knows no hooks,
and compares what the pages say with what MkDocs made of them.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from guide.layout import ROOT
from guide.site.stage import STAGED, stage

ARTICLE = re.compile(r"<article.*?</article>", re.DOTALL)
UNSEEN = re.compile(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>", re.DOTALL)


def differences(site: Path, root: Path = ROOT) -> list[str]:
    """What Zensical makes otherwise than MkDocs, which has made ``site``."""
    stage(root / STAGED, root)
    # Within the root, or Zensical refuses it.
    with TemporaryDirectory(dir=root / "build") as folder:
        settings = {
            "SITE_DIR": os.path.relpath(folder, root),
            "PYTHONPATH": str(root),
        }
        built = subprocess.run(
            [sys.executable, "-m", "zensical", "build"],
            check=False,
            cwd=root,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
        )
        if built.returncode:
            return [f"Zensical does not build it: {built.stderr[-800:]}"]
        return list(compared(site, Path(folder)))


def compared(first: Path, second: Path) -> Iterator[str]:
    there = {path.relative_to(first) for path in first.rglob("*.html")}
    here = {path.relative_to(second) for path in second.rglob("*.html")}
    for path in sorted(there ^ here):
        yield f"{path}: only {'MkDocs' if path in there else 'Zensical'} has it"
    for path in sorted(there & here):
        if said(first / path) != said(second / path):
            yield f"{path}: it does not say the same"


def said(page: Path) -> list[str]:
    """The words of a page, without what stands around its article."""
    article = ARTICLE.search(page.read_text())
    return UNSEEN.sub(" ", article[0]).split() if article else []
