"""A durable consumer of a JetStream stream whose filter only grows.

Creating one that exists replaces its filter. During a deployment an old process
would take away what the new one has added, and JetStream skips, for ever, what
passes in the meantime.
"""

import json

from nats.aio.client import Client
from nats.js.api import ConsumerConfig
from nats.js.errors import APIError

EXISTS = (
    10148  # the server's error code: there is one, made with other settings
)


async def create_or_widen(
    client: Client, stream: str, config: ConsumerConfig
) -> None:
    """Create the consumer, or give it these settings and subjects as well.

    A consumer without a filter keeps getting everything. To take a subject
    away, edit the consumer, after the processes that want it. Let no two
    releases that add different subjects start in the same second.

    Raises:
        nats.js.errors.APIError: what exists cannot be changed in this way.
    """
    name = config.durable_name
    request = {
        "stream_name": stream,
        "config": config.evolve(name=name).as_dict(),
        "action": "create",
    }
    message = await client.request(
        f"$JS.API.CONSUMER.CREATE.{stream}.{name}",
        json.dumps(request).encode(),
        timeout=5,
    )
    error = json.loads(message.data).get("error")
    if error is None:
        return
    if error["err_code"] != EXISTS:
        raise APIError.from_error(error)
    jetstream = client.jetstream()
    known = (await jetstream.consumer_info(stream, str(name))).config
    wanted = known.evolve(
        filter_subjects=known.filter_subjects
        and sorted({*known.filter_subjects, *(config.filter_subjects or ())}),
        deliver_policy=config.deliver_policy,
        ack_policy=config.ack_policy,
        ack_wait=config.ack_wait,
        max_ack_pending=config.max_ack_pending,
    )
    if wanted != known:
        await jetstream.add_consumer(stream, wanted)
