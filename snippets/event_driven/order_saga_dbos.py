"""The order saga on DBOS: a function whose steps are checkpointed.

DBOS keeps in PostgreSQL which steps have ended and with what. After a crash the
function is called again with the same arguments; steps that have ended return
what they returned. The one that was interrupted is repeated, so steps must be
idempotent here as well.
"""

from uuid import UUID

from dbos import DBOS, DBOSConfiguredInstance, StepOptions

from .participants import Orders, Payments, RefusedError, Stock

UNTIL_IT_HOLDS: StepOptions = {
    "retries_allowed": True,
    "should_retry": lambda error: not isinstance(error, RefusedError),
    "interval_seconds": 0.1,  # doubles, up to an hour
    "max_attempts": 1000,
    "timeout_seconds": 10,
}


@DBOS.dbos_class()
class OrderSaga(DBOSConfiguredInstance):
    """Make it before ``DBOS.launch()``, which resumes what was interrupted."""

    def __init__(
        self, orders: Orders, stock: Stock, payments: Payments
    ) -> None:
        super().__init__(config_name="orders")
        self._orders = orders
        self._stock = stock
        self._payments = payments

    @DBOS.workflow(max_recovery_attempts=None)
    async def run(
        self, order_id: UUID, sku: str, pieces: int, cents: int
    ) -> str:
        """Start it under the order's id: a repeated start joins the first."""
        key = str(order_id)
        step, options = DBOS.run_step_async, UNTIL_IT_HOLDS
        try:
            await step(options, self._orders.place, order_id)
            await step(options, self._stock.reserve, key, sku, pieces)
            await step(options, self._payments.charge, key, cents)
        except RefusedError:
            # Each accepts that there may be nothing to undo.
            await step(options, self._stock.release, key)
            await step(options, self._orders.cancel, order_id)
            return "cancelled"
        await step(options, self._orders.confirm, order_id)
        return "confirmed"
