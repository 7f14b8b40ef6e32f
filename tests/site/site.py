"""The built site, and a server for it under a name of its own.

Instant navigation compares addresses with ``site_url``, and each test process
serves on a port of its own. So the site is built for a fixed name, which the
browser is told to find at that port; every other name is unknown to it.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from os import environ
from pathlib import Path

from guide.decide.flow import load
from guide.layout import ROOT
from guide.site.reference import files
from guide.snippets.shown import pages
from tests.support.process import running

HOST = "guide.localhost"
ADDRESS = f"http://{HOST}"
BUILD_TIMEOUT = 900  # seconds; on a free machine it takes less than a minute


def written() -> list[str]:
    """The path of every page that somebody wrote."""
    return [address(page.relative_to("docs")) for page in pages()]


def generated() -> list[str]:
    """The path of every page that the build writes."""
    return [
        *(
            address("reference" / path)
            for path, _ in files(ROOT)
            if path.suffix == ".md"
        ),
        *(f"/decide/outcomes/{walk.slug}/" for walk in load().outcomes()),
    ]


def address(page: Path) -> str:
    """Where the site has a page of ``docs/``."""
    folder = page.parent if page.stem == "index" else page.with_suffix("")
    return f"/{folder.as_posix()}/" if folder != Path() else "/"


def build(target: Path, reports: Path) -> None:
    """Build as ``make build`` does, from these reports."""
    run(
        [*["-m", "guide.site", "build", "--to"], str(target)],
        EVIDENCE_FOLDER=str(reports),
    )


def build_pages(folder: Path, pages: dict[str, str]) -> Path:
    """Build a small site of these pages in the guide's theme."""
    docs = folder / "docs"
    docs.mkdir()
    (docs / "assets").symlink_to(ROOT / "docs" / "assets")
    for name, text in pages.items():
        (docs / name).write_text(text)
    config = folder / "mkdocs.yml"
    config.write_text(
        f"INHERIT: {ROOT / 'mkdocs.yml'}\n"
        f"docs_dir: {docs}\n"
        "theme:\n"
        f"  custom_dir: {ROOT / 'guide' / 'site' / 'theme'}\n"
        "watch: []\n"
        "hooks: []\n"
        "nav:\n" + "".join(f"  - {name}\n" for name in pages)
    )
    target = folder / "site"
    run(["-m", "mkdocs", "build", "-q", "-f", str(config), "-d", str(target)])
    return target


def run(arguments: list[str], **settings: str) -> None:
    result = subprocess.run(
        [sys.executable, *arguments],
        check=False,
        cwd=ROOT,
        env={**environ, "SITE_URL": f"{ADDRESS}/", "REPO_URL": "", **settings},
        capture_output=True,
        text=True,
        timeout=BUILD_TIMEOUT,
    )
    assert result.returncode == 0, result.stdout + result.stderr


@contextmanager
def serve(folder: Path) -> Iterator[int]:
    """Serve on loopback, in a process of its own; gives the port.

    Not in a thread: under coverage each thread of the server has a greenlet
    state, and CPython 3.11 can hang when several of them end at once.
    """
    command = [sys.executable, "-m", "tests.site.server", str(folder)]
    with running(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        yield int(server.stdout.readline())
        server.stdin.close()  # which ends it, as the end of this process does
