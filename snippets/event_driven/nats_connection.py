"""A connection to NATS that fails at the start, and is not lost in silence."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nats.aio.client import Client
from nats.errors import ConnectionClosedError

from .background_loop import repeating


@asynccontextmanager
async def connected_to_nats(
    urls: str, within: float = 5.0
) -> AsyncIterator[Client]:
    """Connect to one of the servers, ``nats://one:4222,nats://two:4222``.

    A lost connection is made anew, however long that takes. When the server
    refuses what it was sent, nats-py (2.16) closes the client for good: then
    the block ends, since every publish in it would fail from there on.

    Raises:
        ConnectionError: nobody has answered ``within`` so many seconds.
        ExceptionGroup: of one `ConnectionClosedError`, from inside the block.
    """
    closed = asyncio.Event()

    async def note() -> None:
        closed.set()

    async def fail() -> None:
        await closed.wait()
        raise ConnectionClosedError

    client = Client()
    try:
        async with asyncio.timeout(within):
            await client.connect(
                urls.split(","), max_reconnect_attempts=-1, closed_cb=note
            )
    except TimeoutError as error:
        await client.close()
        raise ConnectionError(f"No NATS server answers at {urls}") from error
    async with client, repeating(fail):
        yield client
