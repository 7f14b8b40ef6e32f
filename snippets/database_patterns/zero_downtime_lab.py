"""A release of the address service: what its rows map is all that it knows.

Two releases run side by side in the lab. They differ in one thing, the column
in which the postal code is.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import uuid4

from fastapi import FastAPI, HTTPException, Path
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from ..architecture_patterns.database_url import asyncpg_engine

Key = Annotated[int, Path(ge=1, lt=2**63)]


class SavedAddress(BaseModel):
    """What a customer sends, and is shown."""

    postal_code: Annotated[str, Field(pattern=r"^[0-9A-Z -]{2,10}$")]


def address_service(
    url: str, row: type[DeclarativeBase], column: str
) -> FastAPI:
    """The release that maps ``row`` and keeps the postal code in ``column``."""
    engine = asyncpg_engine(url)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)

    async def found(session: AsyncSession, key: int) -> DeclarativeBase:
        address = await session.get(row, key)
        if address is None:
            raise HTTPException(404)
        return address

    @app.post("/addresses", status_code=201)
    async def save(new: SavedAddress) -> int:
        address: Any = row(
            customer_id=uuid4(),
            label="home",
            recipient="Ada",
            **{column: new.postal_code},
        )
        async with AsyncSession(engine) as session, session.begin():
            session.add(address)
            await session.flush()
            return int(address.id)

    @app.put("/addresses/{key}", status_code=204)
    async def change(key: Key, new: SavedAddress) -> None:
        async with AsyncSession(engine) as session, session.begin():
            setattr(await found(session, key), column, new.postal_code)

    @app.get("/addresses/{key}")
    async def show(key: Key) -> SavedAddress:
        async with AsyncSession(engine) as session:
            address = await found(session, key)
            return SavedAddress(postal_code=getattr(address, column))

    return app
