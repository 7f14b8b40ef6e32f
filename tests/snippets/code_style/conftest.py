"""Checkers run as a reader runs them, servers as a reader serves."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from guide.layout import ROOT
from servers.ports import reserved_port

PACKAGE = ROOT / "snippets" / "code_style"
Check = Callable[..., set[str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first to use mypy fills its cache, which takes ten seconds."""
    for item in items:
        if "mypy_cache" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(180))


@pytest.fixture(scope="session")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy_cache")


@pytest.fixture
def mypy_on(mypy_cache: Path) -> Callable[..., dict[Path, set[str]]]:
    """``mypy_on(files, option, …)``: the messages, by file."""

    def check(files: list[Path], *options: str) -> dict[Path, set[str]]:
        result = subprocess.run(
            [
                *[sys.executable, "-m", "mypy", "--output=json"],
                *["--cache-dir", str(mypy_cache), "--config-file="],
                *(
                    options
                    or ["--config-file", str(PACKAGE / "mypy_settings.ini")]
                ),
                *map(str, files),
            ],
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
        )
        if result.stderr or result.returncode not in (0, 1):
            raise RuntimeError(result.stdout + result.stderr)
        findings: dict[Path, set[str]] = {file: set() for file in files}
        for line in filter(None, result.stdout.splitlines()):
            found = json.loads(line)
            if Path(found["file"]) in findings:
                findings[Path(found["file"])].add(
                    f"{found['code']}: {found['message']}"
                )
        return findings

    return check


@pytest.fixture
def mypy(mypy_on: Callable[..., dict[Path, set[str]]], tmp_path: Path) -> Check:
    """``mypy(text, option, …)``: the messages about a module ``text``."""

    def check(text: str, *options: str) -> set[str]:
        module = tmp_path / "caller.py"
        module.write_text(text)
        return mypy_on([module], *options)[module]

    return check


@pytest.fixture
def ruff() -> Check:
    """``ruff(path, …)``: the rules that these files break."""

    def check(*paths: Path) -> set[str]:
        result = subprocess.run(
            [
                *[sys.executable, "-m", "ruff", "check", "--no-cache"],
                *["--config", str(PACKAGE / "ruff_settings.toml")],
                *["--output-format=json", *map(str, paths)],
            ],
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
        )
        if result.stderr or result.returncode not in (0, 1):
            raise RuntimeError(result.stdout + result.stderr)
        return {finding["code"] for finding in json.loads(result.stdout)}

    return check


@pytest.fixture
def nobody() -> Iterator[int]:
    """A loopback port at which nobody listens, kept free of others."""
    with reserved_port() as port:
        yield port


class Server(uvicorn.Server):
    """Says when it listens, and at which address."""

    def __init__(self, app: FastAPI, **options: object) -> None:
        super().__init__(uvicorn.Config(app, log_config=None, **options))
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.port = sockets[0].getsockname()[1]
        self.listens.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


Running = Callable[..., AbstractAsyncContextManager[Server]]


@pytest.fixture
def running() -> Running:
    """``async with running(app, **options) as server``: a real uvicorn.

    The block may wait for ``server.stopped``, a task, once it has set
    ``should_exit``; leaving it does both.
    """

    @asynccontextmanager
    async def run(app: FastAPI, **options: object) -> AsyncIterator[Server]:
        listening = socket.create_server(("127.0.0.1", 0))
        server = Server(app, **options)
        server.stopped = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            await server.listens.wait()
            yield server
        finally:
            server.should_exit = True
            await server.stopped
            listening.close()

    return run


Serve = Callable[[FastAPI], AbstractAsyncContextManager[str]]


@pytest.fixture
def serve(running: Running) -> Serve:
    """``async with serve(app) as url``: the app on a real uvicorn."""

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[str]:
        async with running(app) as server:
            yield server.url

    return run
