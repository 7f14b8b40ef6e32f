"""Holds the advisory lock "nightly" until it is killed; says when it has it.

Argument: the database's URL.
"""

import asyncio
import sys

from sqlalchemy.ext.asyncio import create_async_engine

from snippets.database_patterns.advisory_lock import run_alone


async def hold(session):
    sys.stdout.write("mine\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run_alone(create_async_engine(sys.argv[1]), "nightly", hold))
