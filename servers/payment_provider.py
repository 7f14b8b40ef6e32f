"""A stand-in for a payment provider: somebody else's HTTP service.

``python -m servers.payment_provider --port 8081`` is the one of ``make shop``;
tests hold one and decide what it does. It honours idempotency keys as such
providers do: one effect for each key, and the recorded answer to whoever
repeats it, a refusal included. It forgets only when it ends.
"""

import argparse
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from servers.ports import HOST

DECLINED_FROM = 100_00  # cents; as the test cards of providers do


class PaymentProvider:
    """Set what happens next; read what happened."""

    def __init__(self) -> None:
        self.url = ""
        self.declines = False
        self.declined_from: int | None = None  # cents
        self.unavailable = 0  # so many requests get a 503, without effect
        self.loses_answers = 0  # so many have their effect and get no answer
        # So many have their effect, and something else answers for it.
        self.instead: list[tuple[HTTPStatus, bytes]] = []
        self.requests: list[str] = []  # keys, in order of arrival
        self.charges: dict[str, int] = {}  # key → cents
        self.refunds: dict[str, str] = {}  # key → key of the charge
        self.acted = threading.Event()
        self.answers = threading.Event()  # cleared: acts, and keeps silent
        self.answers.set()
        self._recorded: dict[str, HTTPStatus] = {}
        self._lock = threading.Lock()

    def forget(self) -> None:
        """As if nobody had ever asked."""
        with self._lock:
            self.requests.clear()
            self.charges.clear()
            self.refunds.clear()
            self._recorded.clear()

    def charge(self, key: str, cents: int) -> HTTPStatus:
        if self.declines or cents >= (self.declined_from or cents + 1):
            return HTTPStatus.PAYMENT_REQUIRED
        self.charges[key] = cents
        return HTTPStatus.CREATED

    def refund(self, key: str, charge: str) -> HTTPStatus:
        if charge not in self.charges:
            return HTTPStatus.NOT_FOUND
        self.refunds[key] = charge
        return HTTPStatus.CREATED

    def act(
        self, path: str, key: str, body: dict[str, object]
    ) -> HTTPStatus | None:
        """The status to answer with, or None for no answer."""
        with self._lock:
            self.requests.append(key)
            if self.unavailable:
                self.unavailable -= 1
                return HTTPStatus.SERVICE_UNAVAILABLE
            if key not in self._recorded:
                self._recorded[key] = (
                    self.refund(key, str(body["charge"]))
                    if path == "/refunds"
                    else self.charge(key, int(str(body["cents"])))
                )
            self.acted.set()
            if self.loses_answers:
                self.loses_answers -= 1
                return None
            return self._recorded[key]


def answer(status: HTTPStatus, path: str, body: dict[str, object]) -> bytes:
    """What the provider says about a request; nothing where it is no use."""
    said = {
        ("/charges", HTTPStatus.CREATED): ("charged", "cents"),
        ("/charges", HTTPStatus.PAYMENT_REQUIRED): ("declined", "cents"),
        ("/refunds", HTTPStatus.CREATED): ("refunded", "charge"),
    }.get((path, status))
    return json.dumps({said[0]: body[said[1]]}).encode() if said else b""


def serving(provider: PaymentProvider, port: int = 0) -> ThreadingHTTPServer:
    """Its server, bound and not yet serving."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = json.loads(self.rfile.read(length))
            status = provider.act(
                self.path, self.headers["Idempotency-Key"], body
            )
            provider.answers.wait()
            if status is None:
                return
            said = answer(status, self.path, body)
            if provider.instead:
                status, said = provider.instead.pop(0)
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                return  # the client was killed

        def log_message(self, *_: object) -> None:
            pass

    return ThreadingHTTPServer((HOST, port), Handler)


@contextmanager
def payment_provider() -> Iterator[PaymentProvider]:
    """One that serves in a thread for as long as the block runs."""
    provider = PaymentProvider()
    with serving(provider) as server:
        provider.url = f"http://{HOST}:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield provider
        finally:
            provider.answers.set()
            server.shutdown()
            thread.join()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m servers.payment_provider")
    parser.add_argument("--port", type=int, required=True)
    provider = PaymentProvider()
    provider.declined_from = DECLINED_FROM
    with serving(provider, parser.parse_args().port) as server:
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
