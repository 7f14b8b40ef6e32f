"""Broken: commits after the `yield`, when the answer has left already."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from sqlalchemy.ext.asyncio import (
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from ..domain_driven_design.order_line import OrderLine
from .new_order import place as new_order
from .order_routes import OrderRequest, OrderView
from .postgres_order_repository import PostgresOrderRepository
from .postgres_price_list import PostgresPriceList


def create_app(database_url: str) -> FastAPI:
    engine = create_async_engine(database_url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.sessions = async_sessionmaker(engine)
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)

    async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
        async with request.app.state.sessions() as session:
            yield session
            await session.commit()

    @app.post("/orders", status_code=201)
    async def place(
        request: OrderRequest,
        session: Annotated[AsyncSession, Depends(get_session)],
    ) -> OrderView:
        prices = await PostgresPriceList(engine).of(request.quantities)
        order = new_order(
            request.customer_id,
            tuple(
                OrderLine(sku, quantity, prices[sku])
                for sku, quantity in request.quantities.items()
            ),
        )
        await PostgresOrderRepository(session).add(order)
        return OrderView.of(order)

    return app
