"""The composition root of the worker: publishes events, works on sagas.

``python -m snippets.shop.worker`` runs it. Run as many as you like; end it in
any way you like: the next goes on where it was.
"""

import asyncio
import os
from datetime import timedelta

import httpx

from snippets.database_patterns.engine import service_engine
from snippets.event_driven.background import background
from snippets.event_driven.open_bus import open_bus
from snippets.event_driven.outbox_wakeup import OutboxWakeup
from snippets.event_driven.relay import OutboxRelay
from snippets.event_driven.saga_runner import SagaRunner

from .application.fulfilment import Fulfilment
from .application.refund import Refund
from .infrastructure.housekeeping import keep_house
from .infrastructure.http_payments import HttpPaymentProvider
from .wiring import Settings, opened, units_of_work

LEASE = timedelta(seconds=10)  # what a dead worker's saga waits for
# Below half a lease, which is when a step is cancelled. TCP and TLS have the
# time to connect each, and httpx 0.28 must not be cancelled in either.
PROVIDER_TIMEOUT = httpx.Timeout(4.0, connect=2.0)


async def work(settings: Settings) -> None:
    """Run until cancelled.

    Raises:
        SystemExit: no payment provider is named; the message says so.
        ExceptionGroup: the database went away: start anew.
    """
    if settings.payment_url is None:
        raise SystemExit("Set PAYMENT_URL, such as http://payments.internal")
    engine = service_engine(
        settings.database_url, application_name="shop-worker"
    )
    wakeup = OutboxWakeup(settings.database_url)
    async with (
        opened(engine, settings),
        open_bus(settings.bus_url, settings.stream, "worker") as bus,
        httpx.AsyncClient(
            base_url=settings.payment_url, timeout=PROVIDER_TIMEOUT
        ) as client,
    ):
        payments = HttpPaymentProvider(client)
        fulfilment = Fulfilment(units_of_work(engine), payments)
        sagas = SagaRunner(
            engine,
            [fulfilment.definition(), Refund(payments).definition()],
            lease=LEASE,
        )
        relay = OutboxRelay(engine, bus)
        async with background(
            *(wakeup.run(), relay.run(wakeup), sagas.run()), keep_house(engine)
        ):
            await asyncio.Event().wait()  # until cancelled


if __name__ == "__main__":
    asyncio.run(work(Settings.of(os.environ)))
