"""Real HTTP, for as long as a block runs."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI


@asynccontextmanager
async def served(app: FastAPI, **settings: Any) -> AsyncIterator[str]:
    """Serve on a free loopback port; connections wait until it is ready.

    ``settings`` are uvicorn's.
    """
    settings = {"log_config": None, "ws": "none"} | settings
    server = uvicorn.Server(uvicorn.Config(app, **settings))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
