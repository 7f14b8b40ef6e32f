"""The worker: finishes what is due, leaves nothing behind."""

import asyncio

from snippets.event_driven.order_saga_worker import work_on_sagas
from tests.snippets.event_driven.order_flow import DONE, order_flow


async def test_it_works_until_it_is_cancelled(asyncpg_url, provider):
    async with order_flow(asyncpg_url, provider.url) as flow:
        await flow.start_saga()
        working = asyncio.create_task(work_on_sagas(asyncpg_url, provider.url))
        await flow.finished()
        working.cancel()
        await asyncio.wait({working})

        assert working.cancelled()
        assert await flow.outcome(provider) == DONE
