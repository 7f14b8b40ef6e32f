"""A worker in a process of its own; prints the number of each job it runs.

Arguments: the database's URL, and what a job does: ``end`` or ``hang``. The
process ends when nothing is due.
"""

import asyncio
import sys
from datetime import timedelta

from sqlalchemy.ext.asyncio import create_async_engine

from snippets.database_patterns.job_worker import JobWorker
from snippets.database_patterns.models import BuyerRow

LONG = timedelta(hours=1)


async def work(url, then):
    engine = create_async_engine(url)

    async def greet(session, job):
        number = job.payload["number"]
        session.add(BuyerRow(email=f"{number}@example.com", name="Ann"))
        await session.flush()
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        if then == "hang":
            await asyncio.Event().wait()

    worker = JobWorker(engine, {"greet": greet}, timeout=LONG)
    while await worker.run_once():
        pass
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
