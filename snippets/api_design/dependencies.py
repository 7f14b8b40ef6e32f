"""Dependencies: routes ask by type, and this module knows how it is made.

What the process shares is on ``app.state``, where the composition root puts
it. What serves one request is made of it here, once, however many ask.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from ..architecture_patterns.order_queries import OrderQueries
from ..architecture_patterns.order_service import OrderService
from ..architecture_patterns.place_order import PlaceOrder, PriceList
from ..architecture_patterns.request_session import RequestSession
from ..architecture_patterns.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Read from the environment once, where the process starts."""

    page_size: int = 20
    files: Path = Path("files")


def get_settings(request: Request) -> ApiSettings:
    """The settings that the process was started with."""
    settings: ApiSettings = request.app.state.settings
    return settings


def get_unit_of_work(request: Request) -> UnitOfWorkFactory:
    """What opens a unit of work; nothing is open yet."""
    unit_of_work: UnitOfWorkFactory = request.app.state.unit_of_work
    return unit_of_work


Settings = Annotated[ApiSettings, Depends(get_settings)]
Units = Annotated[UnitOfWorkFactory, Depends(get_unit_of_work)]


def get_place_order(request: Request, units: Units) -> PlaceOrder:
    """A use case, with the adapters behind its ports."""
    prices: PriceList = request.app.state.prices
    return PlaceOrder(units, prices)


def get_order_service(units: Units) -> OrderService:
    """Likewise."""
    return OrderService(units)


def get_order_queries(session: RequestSession) -> OrderQueries:
    """Reads, in the session of this request."""
    return OrderQueries(session)


PlacesOrders = Annotated[PlaceOrder, Depends(get_place_order)]
Orders = Annotated[OrderService, Depends(get_order_service)]
ReadsOrders = Annotated[OrderQueries, Depends(get_order_queries)]
