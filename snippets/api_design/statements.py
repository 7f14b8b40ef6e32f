"""POST /statements: what a buyer owes takes long to add up, so it is a job."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ..architecture_patterns.request_session import RequestSession
from ..code_style.errors import NotFoundError
from ..database_patterns.jobs import JobRow, enqueue_job
from ..database_patterns.models import BuyerRow, InvoiceRow, InvoiceStatus
from .field_types import RequestModel
from .job_resource import JobView, accepted

STATEMENT = "statement"  # the kind of job


class StatementRequest(RequestModel):
    """Whose invoices to add up."""

    buyer_id: UUID


def statement_router(caller: Callable[..., object]) -> APIRouter:
    """The route; ``caller`` is a dependency that gives the sender's id."""
    router = APIRouter(tags=["statements"])

    @router.post(
        "/statements", status_code=202, response_model_exclude_none=True
    )
    async def request_statement(
        wanted: StatementRequest,
        session: RequestSession,
        owner: Annotated[UUID, Depends(caller)],
        request: Request,
        response: Response,
    ) -> JobView:
        job_id = await enqueue_job(
            session, STATEMENT, wanted.model_dump(mode="json"), owner
        )
        job = await session.get_one(JobRow, job_id)
        return accepted(job, request, response)

    return router


async def write_statement(session: AsyncSession, job: JobRow) -> dict[str, str]:
    """A handler for a worker: what is owed, by currency.

    Raises:
        NotFoundError: there is no such buyer.
    """
    request = StatementRequest.model_validate(job.payload)
    if await session.get(BuyerRow, request.buyer_id) is None:
        raise NotFoundError(f"There is no buyer {request.buyer_id}")
    owed = await session.execute(
        select(InvoiceRow.currency, func.sum(InvoiceRow.total))
        .where(
            InvoiceRow.buyer_id == request.buyer_id,
            InvoiceRow.status == InvoiceStatus.OPEN,
        )
        .group_by(InvoiceRow.currency)
    )
    return {currency: str(total) for currency, total in owed}
