"""Events to JetStream: stored when `publish` returns, and once."""

from uuid import uuid4

import nats
import pytest
from nats.js.errors import NoStreamResponseError

from snippets.architecture_patterns.nats_publisher import NatsPublisher


@pytest.fixture
async def jetstream(nats_url):
    client = await nats.connect(nats_url)
    yield client.jetstream()
    await client.close()


async def test_the_broker_has_stored_it_when_publish_returns(jetstream):
    name = f"shop-{uuid4().hex}"
    await jetstream.add_stream(name=name, subjects=[f"{name}.>"])

    await NatsPublisher(jetstream, name).publish("orders.X", b"{}", "id-1")
    await NatsPublisher(jetstream, name).publish("orders.X", b"{}", "id-1")

    message = await jetstream.get_msg(name, 1)
    assert (message.subject, message.data) == (f"{name}.orders.X", b"{}")
    assert (await jetstream.stream_info(name)).state.messages == 1
    await jetstream.delete_stream(name)


async def test_without_a_stream_to_store_it_publishing_fails(jetstream):
    with pytest.raises(NoStreamResponseError):
        await NatsPublisher(jetstream, f"none-{uuid4().hex}").publish(
            "orders.X", b"{}", "id-1"
        )
