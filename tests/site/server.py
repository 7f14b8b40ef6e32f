"""Serves a built site, and axe: ``python -m tests.site.server FOLDER``.

Prints its port, and ends when its standard input does.
"""

import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import axe_playwright_python

AXE_PATH = "/assets/axe.min.js"
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"


class Handler(SimpleHTTPRequestHandler):
    """Static files; assets may be kept, and a missing page is our own 404."""

    protocol_version = "HTTP/1.1"

    def translate_path(self, path: str) -> str:
        return str(AXE) if path == AXE_PATH else super().translate_path(path)

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


def main() -> None:
    handler = partial(Handler, directory=sys.argv[1])
    with Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdout.write(f"{server.server_port}\n")
        sys.stdout.flush()
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main()
