"""Events to JetStream: stored when `publish` returns, and once."""

from uuid import uuid4

import nats
import pytest
from nats.errors import BadSubjectError, MaxPayloadError
from nats.js.errors import NoStreamResponseError

from snippets.architecture_patterns.nats_publisher import NatsPublisher

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


async def test_the_broker_has_stored_it_when_publish_returns(client, stream):
    publisher = NatsPublisher(client, stream)

    await publisher.publish("orders.X", b"{}", "id-1")
    await publisher.publish("orders.X", b"{}", "id-1")

    jetstream = client.jetstream()
    message = await jetstream.get_msg(stream, 1)
    assert (message.subject, message.data) == (f"{stream}.orders.X", b"{}")
    assert (await jetstream.stream_info(stream)).state.messages == 1


async def test_without_a_stream_to_store_it_publishing_fails(client):
    with pytest.raises(NoStreamResponseError):
        await NatsPublisher(client, f"none-{uuid4().hex}").publish(
            "orders.X", b"{}", "id-1"
        )


@pytest.mark.parametrize("left_for_headers", [HEADERS - 1, 1, 0])
async def test_what_is_too_large_is_refused_and_the_client_lives_on(
    client, stream, left_for_headers
):
    publisher = NatsPublisher(client, stream)
    payload = b"x" * (client.max_payload - left_for_headers)
    with pytest.raises(MaxPayloadError):
        await publisher.publish("orders.X", payload, MESSAGE_ID)

    fits = payload[: client.max_payload - HEADERS]
    await publisher.publish("orders.X", fits, MESSAGE_ID)


@pytest.mark.parametrize(
    "subject", ["", "orders.*", "orders.>", "orders X", "a..b", "x" * 5_000]
)
async def test_a_subject_that_is_none_is_refused_and_the_client_lives_on(
    client, stream, subject
):
    publisher = NatsPublisher(client, stream)
    with pytest.raises(BadSubjectError):
        await publisher.publish(subject, b"{}", "id-1")

    await publisher.publish("orders.X", b"{}", "id-1")
