"""A job as a resource: accepted now, asked about until it is over.

The answer to the POST is 202 with the job's address. A GET of it says where it
stands, and once there is a result, 303 (RFC 9110, 15.4.4) sends the client to
it. The job is a row, committed before the 202 is sent.
"""

from collections.abc import Callable
from http.client import responses
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import AwareDatetime, BaseModel

from ..architecture_patterns.request_session import RequestSession
from ..code_style.error_outcomes import PROBLEM_TYPES
from ..code_style.errors import ConflictError, NotFoundError
from ..database_patterns.jobs import JobRow, JobStatus, cancel_job
from .problem_details import ProblemDetails, problem_responses

ASK_AGAIN = "2"  # seconds
SEE_RESULT: dict[int | str, dict[str, Any]] = {
    303: {"description": "It has succeeded: see its result"}
}


class JobView(BaseModel):
    """A job as its owner sees it; `problem` says why it failed."""

    id: UUID
    status: JobStatus
    created_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    problem: ProblemDetails | None = None

    @classmethod
    def of(cls, job: JobRow) -> Self:
        problem = None
        if job.status is JobStatus.FAILED:
            problem = problem_of(job.refusal)
        return cls(
            id=job.id,
            status=job.status,
            created_at=job.created_at,
            finished_at=job.finished_at,
            problem=problem,
        )


def problem_of(refusal: dict[str, str] | None) -> ProblemDetails:
    """What the shop refuses is told; of another failure, that it was one."""
    if refusal is None:
        return ProblemDetails(title=responses[500], status=500)
    return ProblemDetails(
        type=PROBLEM_TYPES + refusal["code"],
        title=responses[422],
        status=422,
        detail=refusal["detail"],
    )


def accepted(job: JobRow, request: Request, response: Response) -> JobView:
    """The answer to what enqueued the job."""
    response.status_code = 202
    address = request.url_for("show_job", job_id=job.id)
    response.headers["Location"] = address.path
    response.headers["Retry-After"] = ASK_AGAIN
    return JobView.of(job)


def job_router(caller: Callable[..., object]) -> APIRouter:
    """The routes; ``caller`` is a dependency that gives the sender's id.

    To everybody but its owner a job is not there.
    """
    router = APIRouter(
        prefix="/jobs", tags=["jobs"], responses=problem_responses(404)
    )

    async def own_job(
        job_id: UUID,
        session: RequestSession,
        owner: Annotated[UUID, Depends(caller)],
    ) -> JobRow:
        job = await session.get(JobRow, job_id)
        if job is None or job.owner is None or job.owner != owner:
            raise NotFoundError("There is no such job")
        return job

    OwnJob = Annotated[JobRow, Depends(own_job)]  # noqa: N806 - a type

    @router.get(
        "/{job_id}",
        response_model=JobView,
        response_model_exclude_none=True,
        responses=SEE_RESULT,
    )
    async def show_job(
        job: OwnJob, request: Request, response: Response
    ) -> JobView | Response:
        if job.status is JobStatus.SUCCEEDED:
            result = request.url_for("job_result", job_id=job.id)
            return RedirectResponse(result.path, 303)
        if job.finished_at is None:
            response.headers["Retry-After"] = ASK_AGAIN
        return JobView.of(job)

    @router.get("/{job_id}/result")
    async def job_result(job: OwnJob) -> Any:  # noqa: ANN401 - each kind has its own
        if job.status is not JobStatus.SUCCEEDED:
            raise NotFoundError("There is no result")
        return job.result

    @router.post(
        "/{job_id}/cancel",
        response_model_exclude_none=True,
        responses=problem_responses(409),
    )
    async def cancel_own_job(job: OwnJob, session: RequestSession) -> JobView:
        """Canceled, it has no effect; to cancel it twice is no error."""
        await cancel_job(session, job.id)
        await session.refresh(job)
        if job.status is not JobStatus.CANCELED:
            raise ConflictError(f"Too late: it has {job.status}")
        return JobView.of(job)

    return router
