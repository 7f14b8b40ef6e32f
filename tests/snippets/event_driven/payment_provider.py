"""A payment provider: HTTP, outside the process under test, never forgets.

It honours idempotency keys as such providers do: one effect for each key, and
the recorded answer to whoever repeats it, a refusal included.
"""

import json
import threading
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class PaymentProvider:
    """Set what happens next; read what happened."""

    def __init__(self):
        self.url = ""
        self.declines = False
        self.unavailable = 0  # so many requests get a 503, without effect
        self.loses_answers = 0  # so many have their effect and get no answer
        self.requests = []  # keys, in order of arrival
        self.charges = {}  # key → cents
        self.acted = threading.Event()
        self.answers = threading.Event()  # cleared: acts, and keeps silent
        self.answers.set()
        self._recorded = {}
        self._lock = threading.Lock()

    def forget(self):
        """As if nobody had ever asked."""
        with self._lock:
            self.requests.clear()
            self.charges.clear()
            self._recorded.clear()

    def act(self, key, cents):
        """The status to answer with, or None for no answer."""
        with self._lock:
            self.requests.append(key)
            if self.unavailable:
                self.unavailable -= 1
                return HTTPStatus.SERVICE_UNAVAILABLE
            if key not in self._recorded:
                self._recorded[key] = (
                    HTTPStatus.PAYMENT_REQUIRED
                    if self.declines
                    else HTTPStatus.CREATED
                )
                if not self.declines:
                    self.charges[key] = cents
            self.acted.set()
            if self.loses_answers:
                self.loses_answers -= 1
                return None
            return self._recorded[key]


@contextmanager
def payment_provider():
    provider = PaymentProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = provider.act(
                self.headers["Idempotency-Key"], json.loads(body)["cents"]
            )
            provider.answers.wait()
            if status is not None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def handle(self):
            try:
                super().handle()
            except ConnectionError:
                return  # the client was killed

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.url = f"http://127.0.0.1:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        try:
            yield provider
        finally:
            provider.answers.set()
            server.shutdown()
            serving.join()
