"""A rollout under traffic: servers in processes, and what customers saw."""

import asyncio
import itertools
import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, asynccontextmanager

import httpx

from guide.evidence.timeline import Phase
from guide.layout import ROOT
from servers.ports import HOST, reserved_port
from tests.support.process import running
from tests.support.until import async_until

RELEASES = "tests.snippets.database_patterns.releases"
CUSTOMERS = 4
PAUSE = 0.005  # seconds between two requests of a customer
ENOUGH = 25  # requests of each release, until the next step is taken
FAILED = httpx.TransportError


class Rollout:
    """Releases behind a balancer, and customers who never rest.

    As an `async with`: at its end the customers have left and the servers have
    ended.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.live: dict[str, str] = {}
        self.phases: list[Phase] = []
        self.expected: dict[int, str] = {}
        self._turns = itertools.count()
        self._in_flight: Counter[str] = Counter()
        self._addresses: dict[str, str] = {}
        self._processes: dict[str, subprocess.Popen] = {}
        self._stack = ExitStack()
        self._phase = Phase("", 0.0, {}, {}, 0.0)
        self._began = time.monotonic()

    async def __aenter__(self):
        self._http = httpx.AsyncClient(timeout=30)
        self._shop_is_open = True
        return self

    async def __aexit__(self, *failure):
        await self.close()
        await self._http.aclose()
        with self._stack:
            for process in self._processes.values():
                process.terminate()

    async def close(self) -> None:
        """The customers leave, each with its last answer."""
        if self._shop_is_open:
            self._shop_is_open = False
            await asyncio.gather(*self._customers)
            self._ends()

    async def start(self, release: str) -> None:
        """A server more, which nobody asks yet; returns when it could be."""
        port = self._stack.enter_context(reserved_port())
        command = ["-m", "uvicorn", "--factory", f"{RELEASES}:{release}"]
        process = self._stack.enter_context(
            running(
                [sys.executable, *command, "--host", HOST, "--port", str(port)],
                cwd=ROOT,
                env=os.environ | {"DATABASE_URL": self.url},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        self._processes[release] = process
        address = f"http://{HOST}:{port}"

        async def answers():
            try:
                await self._http.get(f"{address}/openapi.json")
            except FAILED:
                return False
            return True

        await async_until(answers, process)
        self._addresses[release] = address

    def let_in(self, release: str) -> None:
        """From now on it gets requests."""
        self.live[release] = self._addresses[release]

    async def stop(self, release: str) -> None:
        """First no new request, then the server."""
        del self.live[release]
        await async_until(lambda: not self._in_flight[release])
        process = self._processes.pop(release)
        process.terminate()
        await asyncio.to_thread(process.wait)

    async def open(self) -> None:
        """Customers come."""
        self._customers = [
            asyncio.create_task(self._customer(number))
            for number in range(CUSTOMERS)
        ]

    @asynccontextmanager
    async def step(self, name: str):
        """Note what is served from here on, until the block has ended and each
        release has served enough since.
        """
        self._ends()
        self._phase = phase = Phase(name, 0.0, {}, {}, 0.0)
        yield
        before = Counter(phase.asked)

        def enough():
            for customer in self._customers:
                if customer.done():
                    customer.result()
            return all(
                phase.asked.get(release, 0) - before[release] >= ENOUGH
                for release in self.live
            )

        await async_until(enough)

    def _ends(self) -> None:
        now = time.monotonic()
        if self._phase.name:
            self._phase.seconds = round(now - self._began, 3)
            self.phases.append(self._phase)
        self._began = now

    async def _customer(self, number: int) -> None:
        """Saves an address, changes it and looks, each at another server."""
        for turn in itertools.count():
            if not self._shop_is_open:
                return
            code = f"{number}{turn:05}"
            saved = await self._send("POST", "/addresses", 201, code)
            if saved is None:
                continue
            key = saved.json()
            self.expected[key] = code
            path = f"/addresses/{key}"
            if await self._send("PUT", path, 204, f"{code}X"):
                self.expected[key] = f"{code}X"
            await self._send("GET", path, 200, None, self.expected[key])

    async def _send(self, method, path, status, code, expected=None):
        """The answer, if it is the one that was hoped for."""
        await asyncio.sleep(PAUSE)
        releases = list(self.live)
        release = releases[next(self._turns) % len(releases)]
        body = {"postal_code": code} if code else None
        self._in_flight[release] += 1
        phase = self._phase
        began = time.monotonic()
        try:
            answer = await self._http.request(
                method, self.live[release] + path, json=body
            )
        except FAILED:
            answer = None
        finally:
            self._in_flight[release] -= 1
        phase.slowest = max(phase.slowest, round(time.monotonic() - began, 4))
        phase.asked[release] = phase.asked.get(release, 0) + 1
        if (
            answer is None
            or answer.status_code != status
            or (expected and answer.json() != {"postal_code": expected})
        ):
            phase.failed[release] = phase.failed.get(release, 0) + 1
            return None
        return answer
