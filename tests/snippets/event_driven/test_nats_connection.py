"""A connection to NATS: refused in time, one of several, never dead unseen."""

import asyncio
import socket

import pytest
from nats.errors import ConnectionClosedError

from snippets.event_driven.nats_connection import connected_to_nats
from tests.support.proxy import Proxy


@pytest.fixture
def nobody():
    """An address at which nobody listens, nor can, as long as it is held."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"nats://127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture
async def silent():
    """An address that accepts connections and says nothing."""
    hold = asyncio.Event()

    async def say_nothing(_, writer):
        await hold.wait()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    yield f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    hold.set()
    server.close()


async def test_where_nobody_listens_it_is_an_error(nobody):
    with pytest.raises(ConnectionError, match=f"No NATS server .* {nobody}"):
        async with connected_to_nats(nobody, within=0.3):
            pass


async def test_where_nobody_answers_it_is_an_error(silent):
    with pytest.raises(ConnectionError, match=f"No NATS server .* {silent}"):
        async with connected_to_nats(silent, within=0.3):
            pass


async def test_one_of_several_servers_is_enough(nobody, nats_url):
    for urls in (f"{nobody},{nats_url}", f"{nats_url}, {nobody}"):
        async with connected_to_nats(urls) as client:
            assert client.is_connected


async def test_a_lost_connection_is_made_anew(nats_url):
    async with (
        Proxy(nats_url) as proxy,
        connected_to_nats(proxy.url) as client,
    ):
        received = await client.subscribe("anything")
        await client.flush()
        proxy.cut()

        while received.pending_msgs == 0:
            await asyncio.sleep(0.05)
            await client.publish("anything", b"again")
        assert (await received.next_msg()).data == b"again"


async def test_a_client_that_the_server_refuses_ends_the_block(nats_url):
    async def run():
        async with connected_to_nats(nats_url) as client:
            header = {"Anything": "counts"}
            body = b"x" * client.max_payload
            await client.publish("anything", body, headers=header)
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as raised:
        await run()

    assert raised.group_contains(ConnectionClosedError)


async def test_leaving_the_block_is_no_error_and_an_error_inside_comes_out(
    nats_url,
):
    async with connected_to_nats(nats_url) as client:
        pass
    assert client.is_closed

    with pytest.raises(ExceptionGroup) as raised:
        async with connected_to_nats(nats_url):
            raise KeyError("mine")
    assert raised.group_contains(KeyError, match="mine")
