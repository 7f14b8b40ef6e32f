"""What the 16 outcomes say, as agreed. After a change that is meant:

    .venv/bin/python -m tests.guide.decide.golden

writes ``tests/guide/decide/golden/`` anew; then read the diff.
"""

import os
from pathlib import Path

from guide.decide.flow import load
from guide.decide.terminal import as_adr, as_text

FOLDER = Path(__file__).parent / "golden"


def texts() -> dict[str, str]:
    """What the command line prints, and the decision record, by slug."""
    flow = load()
    return {
        walk.slug: f"{as_text(flow, walk)}\n{'-' * 78}\n\n{as_adr(flow, walk)}"
        for walk in flow.outcomes()
    }


def main() -> None:
    os.environ.pop("SITE_URL", None)
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.txt"):
        path.unlink()
    for slug, text in texts().items():
        (FOLDER / f"{slug}.txt").write_text(text)


if __name__ == "__main__":
    main()
