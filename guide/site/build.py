"""The site: ``python -m guide.site build|serve|stage``.

MkDocs does it (see `hooks`). It is told where to stage, what of Mermaid draws,
and when the snippets were last verified.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from guide.evidence import report as evidence
from guide.layout import ROOT
from guide.site import successor
from guide.site.finish import finish
from guide.site.stage import STAGED, SiteError, stage
from servers.ports import HOST, is_free, port, taken
from servers.process import bound_to_us


@contextmanager
def environment(**settings: str) -> Iterator[dict[str, str]]:
    """For MkDocs, with a folder to stage in that no other build uses."""
    report = evidence.load()
    (ROOT / "build").mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="docs-", dir=ROOT / "build") as folder:
        yield {
            **os.environ,
            **settings,
            "DOCS_DIR": folder,
            "VERIFIED": report.summary() if report else "",
            "NO_MKDOCS_2_WARNING": "1",  # a notice of Material's, not about us
        }


def mkdocs(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mkdocs", *arguments]


def build(site_dir: Path) -> int:
    """Build strictly: a warning fails. Returns MkDocs' exit status."""
    # Not --quiet: under it --strict does not see the warnings.
    command = mkdocs("build", "--strict", "--site-dir", str(site_dir))
    with environment() as variables:
        status = subprocess.run(  # noqa: S603 - our own command
            command, check=False, cwd=ROOT, env=variables
        ).returncode
    if status == 0:
        finish(site_dir)
    return status


def compare(site: Path) -> int:
    """Say what Zensical makes otherwise; the status is whether it does."""
    found = successor.differences(site)
    for difference in found:
        sys.stdout.write(f"{difference}\n")
    return int(bool(found))


def serve(port: int) -> int:
    """Serve with live reload until interrupted.

    Raises:
        SiteError: the port is taken.
    """
    if not is_free(port):
        raise SiteError(taken(port, "make serve"))
    sys.stdout.write(f"Building; then see http://{HOST}:{port}/\n")
    sys.stdout.flush()
    # Dirty: only what has changed is made anew, or each look takes 20 s.
    command = mkdocs(
        "serve", "--livereload", "--dirty", "--dev-addr", f"{HOST}:{port}"
    )
    with (
        environment(LIVE_DIAGRAMS="true") as variables,
        subprocess.Popen(  # noqa: S603 - our own command
            bound_to_us(command, signal.SIGTERM), cwd=ROOT, env=variables
        ) as server,
    ):
        with suppress(KeyboardInterrupt):
            server.wait()
        return server.wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m guide.site")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build").add_argument(
        "--to", type=Path, default=ROOT / "site", metavar="FOLDER"
    )
    commands.add_parser("serve").add_argument("--port", type=port, default=8000)
    commands.add_parser("stage")
    commands.add_parser("zensical").add_argument("site", type=Path)
    options = parser.parse_args()
    try:
        if options.command == "build":
            return build(options.to.resolve())
        if options.command == "serve":
            return serve(options.port)
        if options.command == "zensical":
            return compare(options.site)
        stage(ROOT / STAGED)
    except SiteError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0
