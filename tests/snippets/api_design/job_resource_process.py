"""A service that writes statements, in a process of its own.

Arguments: ``fix`` or ``broken``, the descriptor of a listening socket, and the
database's URL. The caller says who it is in the header ``caller``.
"""

import asyncio
import socket
import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import uvicorn
from fastapi import FastAPI, Header
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from snippets.api_design import job_resource_broken
from snippets.api_design.job_resource import job_router
from snippets.api_design.statements import (
    STATEMENT,
    statement_router,
    write_statement,
)
from snippets.database_patterns.job_worker import JobWorker
from snippets.database_patterns.jobs import JobRow


def caller(caller: Annotated[UUID, Header()]) -> UUID:
    return caller


def create_app(way, url):
    engine = create_async_engine(url)

    async def write(buyer_id):
        async with AsyncSession(engine) as session:
            job = JobRow(payload={"buyer_id": str(buyer_id)})
            return await write_statement(session, job)

    async def notify(buyer_id):
        """Sends a mail."""

    @asynccontextmanager
    async def lifespan(app):
        app.state.engine = engine
        worker = JobWorker(
            engine, {STATEMENT: write_statement}, timeout=timedelta(hours=1)
        )
        working = asyncio.create_task(worker.run(poll=0.01))
        yield
        working.cancel()
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)
    if way == "fix":
        app.include_router(statement_router(caller))
        app.include_router(job_router(caller))
    else:
        app.include_router(job_resource_broken.statement_router(write, notify))
    return app


def main(way, descriptor, url):
    config = uvicorn.Config(create_app(way, url), log_config=None, ws="none")
    listener = socket.socket(fileno=int(descriptor))
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
