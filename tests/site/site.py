"""The built site, and a server for it under a name of its own.

Instant navigation compares addresses with ``site_url``, and each test process
serves on a port of its own. So the site is built for a fixed name, which the
browser is told to find at that port; every other name is unknown to it.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from os import environ
from pathlib import Path

from guide.excerpts import ROOT
from guide.pages import pages
from guide.reference import files

HOST = "guide.localhost"
ADDRESS = f"http://{HOST}"


def addresses() -> list[str]:
    """The path of every page that the site should have."""
    sources = [str(page.relative_to("docs")) for page in pages()]
    sources += [
        f"reference/{path}" for path, _ in files(ROOT) if path.suffix == ".md"
    ]
    return [
        "/" + source.removesuffix(".md").removesuffix("index").rstrip("/") + "/"
        if source != "index.md"
        else "/"
        for source in sources
    ]


def build(target: Path) -> None:
    """Build as ``make build`` does."""
    run([*["-m", "guide.site", "build", "--to"], str(target)])


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
        f"  custom_dir: {ROOT / 'guide' / 'theme'}\n"
        "watch: []\n"
        "nav:\n" + "".join(f"  - {name}\n" for name in pages)
    )
    target = folder / "site"
    run(["-m", "mkdocs", "build", "-q", "-f", str(config), "-d", str(target)])
    return target


def run(arguments: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, *arguments],
        check=False,
        cwd=ROOT,
        env={**environ, "SITE_URL": f"{ADDRESS}/", "REPO_URL": ""},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr


class Handler(SimpleHTTPRequestHandler):
    """Static files; assets may be kept, and a missing page is our own 404."""

    protocol_version = "HTTP/1.1"

    def end_headers(self) -> None:
        if self.path.startswith("/assets/"):
            self.send_header("Cache-Control", "max-age=600")
        super().end_headers()

    def send_error(self, code, message=None, explain=None) -> None:
        body = (Path(self.directory) / "404.html").read_bytes()
        self.send_response(code, message)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serve(folder: Path) -> Iterator[int]:
    """Serve on loopback; gives the port."""
    with Server(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()
