"""A service that streams, in a process of its own; says when it has ended.

Arguments: the descriptor of a listening socket, the seconds that open streams
get at shutdown or ``none``, and the database's URL.
"""

import asyncio
import socket
import sys
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.event_driven.live_updates import live_updates
from snippets.event_driven.outbox_wakeup import OutboxWakeup

ENDED = "all is closed"


def create_app(url):
    engine = create_async_engine(url.replace(":", "+asyncpg:", 1))
    wakeup = OutboxWakeup(url)

    @asynccontextmanager
    async def lifespan(_):
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(wakeup.run())
            yield
            listening.cancel()
        await engine.dispose()
        sys.stdout.write(ENDED)
        sys.stdout.flush()

    app = FastAPI(lifespan=lifespan)
    app.include_router(live_updates(engine, wakeup))
    return app


def main(descriptor, grace, url):
    config = uvicorn.Config(
        create_app(url),
        log_config=None,
        ws="none",
        timeout_graceful_shutdown=None if grace == "none" else int(grace),
    )
    listener = socket.socket(fileno=int(descriptor))
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
