"""The proxy that tests cut connections with."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from tests.support.proxy import Proxy


@asynccontextmanager
async def echo():
    """The URL of a server that sends back what it gets."""

    connections = set()

    async def serve(reader, writer):
        connections.add(asyncio.current_task())
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield f"echo://user:word@{host}:{port}/path"
    await asyncio.gather(*connections)


@pytest.fixture
async def proxy():
    async with echo() as url, Proxy(url) as proxy:
        yield proxy


def connected(proxy):
    host, _, port = proxy.url.split("@")[1].split("/")[0].partition(":")
    return asyncio.open_connection(host, int(port))


async def ended(reader):
    """What came before the end, cut off or not."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


async def test_it_passes_on_what_both_say(proxy):
    reader, writer = await connected(proxy)
    writer.write(b"order")
    assert await reader.readexactly(5) == b"order"
    writer.close()


async def test_cut_ends_a_connection_and_lets_another_come(proxy):
    reader, writer = await connected(proxy)
    writer.write(b"order")
    await reader.readexactly(5)

    proxy.cut()

    assert await ended(reader) == b""
    writer.close()
    _, again = await connected(proxy)
    again.close()


async def test_cut_ends_a_connection_that_does_not_reach_the_server_yet(
    proxy, monkeypatch
):
    reaching, reach = asyncio.Event(), asyncio.Event()
    open_connection = asyncio.open_connection

    async def slow(*address):
        reaching.set()
        await reach.wait()
        return await open_connection(*address)

    connecting = connected(proxy)
    monkeypatch.setattr(asyncio, "open_connection", slow)
    reader, writer = await connecting
    await reaching.wait()

    proxy.cut()
    reach.set()

    writer.write(b"order")
    assert await ended(reader) == b""
    writer.close()


async def test_refuse_lets_no_other_come(proxy):
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await connected(proxy)
