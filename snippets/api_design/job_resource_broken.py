"""Broken: accepted, and remembered by this process alone."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter, BackgroundTasks, HTTPException, Response

from .statements import StatementRequest

jobs: dict[UUID, dict[str, Any]] = {}


def statement_router(
    write: Callable[[UUID], Awaitable[dict[str, str]]],
    notify: Callable[[UUID], Awaitable[None]],
) -> APIRouter:
    router = APIRouter()

    async def run(job_id: UUID, buyer_id: UUID) -> None:
        jobs[job_id]["result"] = await write(buyer_id)
        jobs[job_id]["status"] = "succeeded"

    @router.post("/statements", status_code=202)
    async def request_statement(
        request: StatementRequest, tasks: BackgroundTasks, response: Response
    ) -> dict[str, Any]:
        job_id = uuid4()
        jobs[job_id] = {"id": job_id, "status": "running"}
        tasks.add_task(run, job_id, request.buyer_id)
        tasks.add_task(notify, request.buyer_id)
        response.headers["Location"] = f"/jobs/{job_id}"
        return jobs[job_id]

    @router.get("/jobs/{job_id}")
    async def show(job_id: UUID) -> dict[str, Any]:
        if job_id not in jobs:
            raise HTTPException(404)
        return jobs[job_id]

    return router
