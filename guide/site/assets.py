"""Third-party files that the site serves itself, copied from wheels."""

import filecmp
import shutil
from importlib.resources import as_file, files
from pathlib import Path

from guide.layout import ROOT

MERMAID = Path("docs/assets/vendor/mermaid.js")


def prepare(root: Path = ROOT) -> None:
    """Put the Mermaid of the mermaidx wheel where diagrams.js looks for it.

    Leaves the file alone if it is the same, so that live reload does not loop.
    """
    target = root / MERMAID
    with as_file(files("mermaidx") / "assets" / "mermaid.js") as source:
        if target.exists() and filecmp.cmp(source, target, shallow=False):
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
