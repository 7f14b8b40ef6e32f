"""Place an order, at today's prices; what follows is the saga's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from snippets.api_design.keyed_request import Answer, KeyedRequest, once
from snippets.domain_driven_design.order_line import OrderLine

from ..domain.order import place, require_quantity
from ..domain.pricing import Pricing
from .fulfilment import new_fulfilment
from .order_queries import OrderDetails
from .unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class Item:
    """Some pieces of one article; InvalidOrderError if none or too many."""

    sku: str
    quantity: int

    def __post_init__(self) -> None:
        require_quantity(self.quantity)


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What the customer says: no price, no total, no id."""

    customer_id: UUID
    items: Sequence[Item]


class PlaceOrder:
    """Stores the order, pending, and starts its fulfilment, or does neither.

    A request that comes again gets the answer that it got, and no order more.

    Raises:
        UnknownCustomerError: nobody has this id.
        UnknownProductError: something is not sold.
        InvalidOrderError: the rules for orders do not allow it.
        RequestInFlightError: the same request has not ended.
        KeyReusedError: its key came with another request.
    """

    def __init__(
        self, unit_of_work: UnitOfWorkFactory, pricing: Pricing
    ) -> None:
        self._unit_of_work = unit_of_work
        self._pricing = pricing

    async def __call__(
        self,
        new: NewOrder,
        request: KeyedRequest,
        to_answer: Callable[[OrderDetails], Answer],
    ) -> Answer:
        async with self._unit_of_work() as work:

            async def effect() -> Answer:
                return to_answer(await self._place(new, work))

            answer = await once(work.answers, request, effect)
            await work.commit()
        return answer

    async def _place(self, new: NewOrder, work: UnitOfWork) -> OrderDetails:
        customer = await work.customers.get(new.customer_id)
        products = await work.products.get_all({item.sku for item in new.items})
        order = place(
            customer.id,
            [
                OrderLine(
                    item.sku,
                    item.quantity,
                    self._pricing.unit_price(products[item.sku], customer),
                )
                for item in new.items
            ],
        )
        await work.orders.add(order)
        await work.sagas.start(new_fulfilment(order))
        return OrderDetails.of(order)
