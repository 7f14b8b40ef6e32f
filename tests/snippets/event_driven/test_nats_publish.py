"""Publishing to JetStream: up to the byte, and the client lives on."""

from uuid import uuid4

import nats
import pytest
from nats.errors import MaxPayloadError
from nats.js.errors import NoStreamResponseError

from snippets.event_driven.nats_publish import publish_once

MESSAGE_ID = str(uuid4())
HEADERS = len(f"NATS/1.0\r\nNats-Msg-Id: {MESSAGE_ID}\r\n\r\n")


@pytest.fixture
async def client(nats_url):
    async with await nats.connect(nats_url) as client:
        yield client


@pytest.fixture
async def stream(client):
    name = f"shop-{uuid4().hex}"
    jetstream = client.jetstream()
    await jetstream.add_stream(name=name, subjects=[f"{name}.>"])
    yield name
    await jetstream.delete_stream(name)


async def test_up_to_max_payload_it_is_stored_once(client, stream):
    body = b"x" * (client.max_payload - HEADERS)
    for _ in range(2):
        await publish_once(client, f"{stream}.order", body, MESSAGE_ID)

    state = (await client.jetstream().stream_info(stream)).state
    assert state.messages == 1


@pytest.mark.parametrize("left_for_headers", [HEADERS - 1, 1, 0])
async def test_a_byte_more_is_refused_and_the_client_lives_on(
    client, stream, left_for_headers
):
    body = b"x" * (client.max_payload - left_for_headers)
    with pytest.raises(MaxPayloadError):
        await publish_once(client, f"{stream}.order", body, MESSAGE_ID)

    await publish_once(client, f"{stream}.order", b"small", MESSAGE_ID)


async def test_without_a_stream_it_is_an_error(client):
    with pytest.raises(NoStreamResponseError):
        await publish_once(client, "nobody.listens", b"", MESSAGE_ID)
