"""Build or serve the site: ``python -m guide.site build|serve``.

Writes the generated pages first, and tells MkDocs when the snippets were last
verified.
"""

import argparse
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tomllib import TOMLDecodeError

from guide.decide import outcomes
from guide.decide.flow import FlowError
from guide.evidence import report as evidence
from guide.layout import FLOW, REFERENCE, ROOT
from guide.site import assets, diagrams, reference, search
from guide.snippets.source import UnknownSnippetError
from servers.ports import HOST, is_free, port, taken
from servers.process import bound_to_us


class SiteError(Exception):
    """One sentence for the reader that says what to do."""


def prepare() -> None:
    """Write what MkDocs expects to find in ``docs/``.

    Raises:
        SiteError: the decision flow is not sound.
    """
    reference.generate()
    try:
        outcomes.generate()
    except (FlowError, UnknownSnippetError, TOMLDecodeError) as error:
        raise SiteError(f"{FLOW}: {error}") from error
    search.generate()
    try:
        diagrams.prepare()
    except diagrams.DiagramError as error:
        raise SiteError(str(error)) from error


def sources() -> dict[str, int]:
    """What the generated pages are made from, and when each was changed."""
    folders = ("snippets", "tests", "docs/topics", FLOW.parent.as_posix())
    return {
        str(path): path.stat().st_mtime_ns
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not {"outcomes", "__pycache__"} & set(path.parts)
    }


def environment(**settings: str) -> dict[str, str]:
    report = evidence.load()
    return {
        **os.environ,
        **settings,
        "VERIFIED": report.summary() if report else "",
        "NO_MKDOCS_2_WARNING": "1",  # a notice of Material's, not about us
    }


def mkdocs(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mkdocs", *arguments]


def build(site_dir: Path) -> int:
    """Build strictly: a warning fails. Returns MkDocs' exit status."""
    prepare()
    # Not --quiet: under it --strict does not see the warnings.
    command = mkdocs("build", "--strict", "--site-dir")
    return subprocess.run(  # noqa: S603 - our own command
        [*command, str(site_dir)], check=False, cwd=ROOT, env=environment()
    ).returncode


def serve(port: int) -> int:
    """Serve with live reload until interrupted.

    Raises:
        SiteError: the port is taken.
    """
    if not is_free(port):
        raise SiteError(taken(port, "make serve"))
    prepare()
    assets.prepare()
    sys.stdout.write(f"Building; then see http://{HOST}:{port}/\n")
    sys.stdout.flush()
    command = mkdocs("serve", "--livereload", "--dev-addr", f"{HOST}:{port}")
    before = sources()
    with subprocess.Popen(  # noqa: S603 - our own command
        bound_to_us(command, signal.SIGTERM),
        cwd=ROOT,
        env=environment(LIVE_DIAGRAMS="true", NOT_PUBLISHED=""),
    ) as server:
        with suppress(KeyboardInterrupt):
            while server.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    server.wait(timeout=1)
                before = follow(before)
        return server.wait()


def follow(before: dict[str, int]) -> dict[str, int]:
    """Generate anew if a source has changed; an unsound one is named."""
    now = sources()
    changed = {path for path, _ in now.items() ^ before.items()}
    if changed:
        try:
            prepare()
        except SiteError as error:
            sys.stderr.write(f"{error}\n")
    if any(not path.startswith(str(ROOT / "docs")) for path in changed):
        (ROOT / REFERENCE / "index.md").touch()  # MkDocs sees docs/
    return now


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m guide.site")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build").add_argument(
        "--to", type=Path, default=ROOT / "site", metavar="FOLDER"
    )
    commands.add_parser("serve").add_argument("--port", type=port, default=8000)
    options = parser.parse_args()
    try:
        if options.command == "build":
            return build(options.to.resolve())
        return serve(options.port)
    except SiteError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
