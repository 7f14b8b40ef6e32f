"""Limits of a request: bodies that are announced, or not, or lie."""

import asyncio
import socket
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Body, Request

from snippets.api_design import request_limits, request_limits_broken
from snippets.architecture_patterns.error_mapping import (
    install_problem_details,
)
from tests.support.http import served
from tests.support.twins import fix_and_twin

ANY_SIZE = "A body that is sent in chunks may be of any size."
LIMIT = 1_000


def with_routes(app):
    install_problem_details(app)

    @app.post("/stream")
    async def stream(request: Request) -> int:
        return sum([len(chunk) async for chunk in request.stream()])

    @app.post("/json")
    async def parsed(body: Annotated[str, Body()]) -> int:
        return len(body)

    @app.post("/large", max_body_size=10 * LIMIT)
    async def large(body: Annotated[str, Body()]) -> int:
        return len(body)

    @app.post("/none")
    async def none() -> int:
        return 0

    router = APIRouter(max_body_size=10)

    @router.post("/small")
    async def small(body: Annotated[str, Body()]) -> int:
        return len(body)

    app.include_router(router)
    return app


def body(size):
    return b'"' + b"x" * (size - 2) + b'"'


async def in_chunks(size):
    whole = body(size)
    for start in range(0, size, 100):
        yield whole[start : start + 100]


async def post(client, path, content):
    headers = {"Content-Type": "application/json"}
    return await client.post(path, content=content, headers=headers)


@asynccontextmanager
async def asking(app):
    """A client of the application, with routes, on a real server."""
    async with (
        served(with_routes(app)) as address,
        httpx.AsyncClient(base_url=address, timeout=40) as client,
    ):
        yield client


@pytest.fixture
async def client():
    async with asking(request_limits.limited_app(LIMIT)) as client:
        yield client


@fix_and_twin("module", request_limits, request_limits_broken, ANY_SIZE)
async def test_a_body_in_chunks_is_counted(module):
    async with asking(module.limited_app(LIMIT)) as client:
        for path in ("/stream", "/json"):
            response = await post(client, path, in_chunks(LIMIT + 1))
            assert response.status_code == 413


@pytest.mark.parametrize("module", [request_limits, request_limits_broken])
async def test_a_body_that_is_announced_is_refused_unread(module):
    async with asking(module.limited_app(LIMIT)) as client:
        for path in ("/stream", "/json"):
            response = await post(client, path, body(LIMIT))
            assert response.status_code == 200
            response = await post(client, path, body(LIMIT + 1))
            assert response.status_code == 413


@pytest.mark.parametrize("make", [body, in_chunks])
async def test_the_limit_is_the_last_size_that_passes(client, make):
    assert (await post(client, "/json", make(LIMIT))).json() == LIMIT - 2
    assert (await post(client, "/json", make(LIMIT + 1))).status_code == 413


@pytest.mark.parametrize("make", [body, in_chunks])
async def test_a_route_or_a_router_has_its_own_limit(client, make):
    assert (await post(client, "/large", make(10 * LIMIT))).status_code == 200
    assert (await post(client, "/large", make(10 * LIMIT + 1))).is_error
    assert (await post(client, "/small", make(10))).status_code == 200
    assert (await post(client, "/small", make(11))).status_code == 413


async def test_one_413_is_a_problem_document_and_the_other_is_text(client):
    """FastAPI 0.165 answers an announced length before any handler."""
    counted = await post(client, "/json", in_chunks(LIMIT + 1))
    assert counted.headers["Content-Type"] == "application/problem+json"
    announced = await post(client, "/json", body(LIMIT + 1))
    assert announced.headers["Content-Type"].startswith("text/plain")


async def test_a_body_that_nobody_reads_is_not_counted(client):
    response = await post(client, "/none", in_chunks(2 * LIMIT))
    assert response.status_code == 200


async def test_an_application_has_a_limit_of_a_megabyte():
    async with asking(request_limits.limited_app()) as client:
        assert (await post(client, "/json", body(10**6))).is_success
        assert (await post(client, "/json", body(10**6 + 1))).is_error


async def test_an_application_has_a_limit_of_time():
    app = with_routes(
        request_limits.limited_app(within=timedelta(milliseconds=50))
    )
    head = "POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
    async with served(app) as address:
        host, _, port = address.removeprefix("http://").partition(":")
        assert await answer_to(host, port, head) == "HTTP/1.1 408"


async def answer_to(host, port, head):
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(head.encode())
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return line.decode()[:12]


async def test_two_clients_that_never_end_their_heads_are_two_of_the_limit():
    """uvicorn 0.54 waits for a head as long as it takes, and counts it."""
    app = with_routes(request_limits.limited_app())
    async with served(app, limit_concurrency=2) as address:
        host, _, port = address.removeprefix("http://").partition(":")
        slow = [socket.create_connection((host, int(port))) for _ in range(2)]
        try:
            for each in slow:
                each.sendall(b"POST /json HTTP/1.1\r\nHost: ")
            async with httpx.AsyncClient(base_url=address) as client:
                assert (await client.post("/none")).status_code == 503
        finally:
            for each in slow:
                each.close()
