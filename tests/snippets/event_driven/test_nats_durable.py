"""A durable consumer: its filter grows, whoever comes last."""

import asyncio
from dataclasses import replace

import pytest
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError

from snippets.event_driven.nats_durable import create_or_widen
from tests.snippets.event_driven.buses import OnNats, opened


@pytest.fixture
async def buses(nats_url):
    async with opened(OnNats, nats_url) as buses:
        await buses.connect()  # which creates the stream
        yield buses


def config(buses, *event_types, **settings):
    return ConsumerConfig(
        durable_name="stock",
        filter_subjects=[f"{buses.name}.{each}" for each in event_types],
        deliver_policy=DeliverPolicy.NEW,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=30,
        max_ack_pending=1000,
        **settings,
    )


@pytest.fixture
async def client(buses):
    return await buses.client()


@pytest.fixture
def info(buses, client):
    async def info():
        found = await client.jetstream().consumer_info(buses.name, "stock")
        prefix = f"{buses.name}."
        subjects = found.config.filter_subjects
        types = subjects and [each.removeprefix(prefix) for each in subjects]
        return replace(found.config, filter_subjects=types)

    return info


async def test_what_others_added_stays(buses, client, info):
    for types in (("b", "a"), ("a",), ("c",), ("a", "b")):
        await create_or_widen(client, buses.name, config(buses, *types))

    assert (await info()).filter_subjects == ["a", "b", "c"]


async def test_a_hundred_processes_may_create_it_at_once(buses, client, info):
    clients = [await buses.client() for _ in range(10)]
    async with asyncio.TaskGroup() as starting:
        for number in range(100):
            types = ("a", "b") if number == 50 else ("a",)
            starting.create_task(
                create_or_widen(
                    clients[number % 10], buses.name, config(buses, *types)
                )
            )

    assert (await info()).filter_subjects == ["a", "b"]


async def test_one_without_a_filter_keeps_getting_everything(
    buses, client, info
):
    await create_or_widen(client, buses.name, config(buses))
    await create_or_widen(client, buses.name, config(buses, "a"))

    assert (await info()).filter_subjects is None


async def test_settings_are_renewed_and_those_of_operators_kept(
    buses, client, info
):
    await create_or_widen(client, buses.name, config(buses, "a", max_waiting=7))
    later = replace(config(buses, "a"), ack_wait=90, max_ack_pending=1)
    await create_or_widen(client, buses.name, later)

    found = await info()
    assert (found.ack_wait, found.max_ack_pending) == (90, 1)
    assert found.max_waiting == 7


async def test_without_the_stream_it_is_an_error(buses, client):
    with pytest.raises(APIError, match="stream not found"):
        await create_or_widen(client, "nowhere", config(buses, "a"))
