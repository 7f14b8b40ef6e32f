"""A job as a resource: its states, its owner, and a process that is killed."""

import asyncio
import signal
import socket
import sys
from contextlib import asynccontextmanager
from http.client import responses
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from servers.process import bound_to_us
from snippets.api_design import job_resource_broken
from snippets.api_design.job_resource import job_router
from snippets.api_design.statements import (
    STATEMENT,
    statement_router,
    write_statement,
)
from snippets.database_patterns.job_worker import JobWorker
from snippets.database_patterns.jobs import JobRow, enqueue_job
from snippets.database_patterns.models import BuyerRow
from tests.snippets.api_design import job_resource_process
from tests.snippets.api_design.job_resource_process import caller
from tests.support.twins import fix_and_twin
from tests.support.until import async_until

NOBODY = UUID(int=0)
FORGOTTEN = "What was accepted is never done, and its address says 404."


@pytest.fixture
async def buyer(engine):
    async with AsyncSession(engine) as session, session.begin():
        buyer = BuyerRow(email="ann@example.com", name="Ann")
        session.add(buyer)
        await session.flush()
        return buyer.id


@pytest.fixture
async def client(serve, buyer):
    client = await serve(statement_router(caller), job_router(caller))
    client.headers["caller"] = str(buyer)
    return client


async def post(client, buyer_id):
    response = await client.post(
        "/statements", json={"buyer_id": str(buyer_id)}
    )
    assert response.status_code == 202
    return response


def worker(engine, handler=write_statement, **settings):
    return JobWorker(engine, {STATEMENT: handler}, **settings)


async def test_what_is_accepted_has_an_address(client, buyer):
    response = await post(client, buyer)
    location = response.headers["Location"]
    assert location == f"/jobs/{response.json()['id']}"
    assert response.headers["Retry-After"] == "2"

    waiting = await client.get(location)
    assert waiting.status_code == 200
    assert waiting.headers["Retry-After"] == "2"
    assert waiting.json() == response.json()
    assert waiting.json()["status"] == "queued"
    assert (await client.get(f"{location}/result")).status_code == 404


async def test_once_there_is_a_result_the_client_is_sent_to_it(
    engine, client, buyer
):
    location = (await post(client, buyer)).headers["Location"]
    assert await worker(engine).run_once()

    done = await client.get(location)
    assert done.status_code == 303
    result = await client.get(location, follow_redirects=True)
    assert (result.status_code, result.json()) == (200, {})
    assert result.url.path == f"{location}/result"


async def test_under_any_prefix_the_addresses_lead_there(serve, engine, buyer):
    app, outer = FastAPI(), FastAPI()
    for router in (statement_router(caller), job_router(caller)):
        app.include_router(router, prefix="/v1")
    app.state.engine = engine
    outer.mount("/api", app)
    client = await serve(outer)
    client.headers["caller"] = str(buyer)
    accepted = await client.post(
        "/api/v1/statements", json={"buyer_id": str(buyer)}
    )
    location = accepted.headers["Location"]
    assert location == f"/api/v1/jobs/{accepted.json()['id']}"
    assert (await client.get(location)).json()["status"] == "queued"

    assert await worker(engine).run_once()
    result = await client.get(location, follow_redirects=True)
    assert (result.status_code, result.json()) == (200, {})


async def test_while_it_runs_it_says_so(engine, client, buyer):
    location = (await post(client, buyer)).headers["Location"]
    seen = []

    async def looks(session, job):
        seen.append((await client.get(location)).json()["status"])

    assert await worker(engine, looks).run_once()
    assert seen == ["running"]
    assert (await client.get(f"{location}/result")).json() is None


async def test_what_the_shop_refuses_is_told(engine, client):
    nobody = uuid4()
    location = (await post(client, nobody)).headers["Location"]
    assert await worker(engine).run_once()

    failed = await client.get(location)
    assert failed.status_code == 200
    assert "Retry-After" not in failed.headers
    job = failed.json()
    assert (job["status"], "finished_at" in job) == ("failed", True)
    assert job["problem"] == {
        "type": "https://shop.example/problems/not-found",
        "title": responses[422],
        "status": 422,
        "detail": f"There is no buyer {nobody}",
    }
    assert (await client.get(f"{location}/result")).status_code == 404


async def test_of_another_failure_nothing_is_told(engine, client, buyer):
    location = (await post(client, buyer)).headers["Location"]

    async def fails(session, job):
        raise OSError("password for db-7 is wrong")

    assert await worker(engine, fails, attempts=1).run_once()
    failed = await client.get(location)
    assert failed.json()["status"] == "failed"
    assert failed.json()["problem"]["status"] == 500
    assert "db-7" not in failed.text


@pytest.mark.parametrize("method", ["get", "result", "cancel"])
async def test_to_others_a_job_is_not_there(engine, client, buyer, method):
    location = (await post(client, buyer)).headers["Location"]
    ask, path = {
        "get": (client.get, ""),
        "result": (client.get, "/result"),
        "cancel": (client.post, "/cancel"),
    }[method]

    async def answers(location, caller):
        response = await ask(location + path, headers={"caller": str(caller)})
        return response.status_code, response.json()

    theirs = await answers(location, uuid4())
    assert theirs[0] == 404
    assert theirs == await answers(f"/jobs/{uuid4()}", buyer)
    assert await worker(engine).run_once()


async def test_whoever_is_not_known_has_no_job(engine, serve):
    def nobody():
        return None

    async with AsyncSession(engine) as session, session.begin():
        job_id = await enqueue_job(session, STATEMENT, {})

    client = await serve(job_router(nobody))

    assert (await client.get(f"/jobs/{job_id}")).status_code == 404


async def test_a_job_of_the_shop_itself_is_nobodys(engine, client, buyer):
    location = (await post(client, buyer)).headers["Location"]
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(update(JobRow).values(owner=None))
    assert (await client.get(location)).status_code == 404


@pytest.mark.parametrize("job_id", ["7", "%00", "a" * 5000])
async def test_what_is_no_id_is_refused(client, job_id):
    assert (await client.get(f"/jobs/{job_id}")).status_code in (404, 422)


async def test_the_document_says_what_a_job_may_answer(client):
    paths = (await client.get("/openapi.json")).json()["paths"]
    operations = {
        path: next(iter(methods.values()))
        for path, methods in paths.items()
        if path.startswith("/jobs")
    }
    assert {
        path: {*operation["responses"]}
        for path, operation in operations.items()
    } == {
        "/jobs/{job_id}": {"200", "303", "404", "422"},
        "/jobs/{job_id}/result": {"200", "404", "422"},
        "/jobs/{job_id}/cancel": {"200", "404", "409", "422"},
    }
    assert all(each["tags"] == ["jobs"] for each in operations.values())
    see = operations["/jobs/{job_id}"]["responses"]["303"]
    assert see["description"] == "It has succeeded: see its result"


async def test_a_canceled_job_does_not_run(engine, client, buyer):
    location = (await post(client, buyer)).headers["Location"]
    for _ in range(2):  # the client may not have seen the first answer
        canceled = await client.post(f"{location}/cancel")
        assert canceled.status_code == 200
        assert canceled.json()["status"] == "canceled"
        assert "problem" not in canceled.json()

    assert not await worker(engine).run_once()
    assert (await client.get(location)).json() == canceled.json()
    assert "Retry-After" not in canceled.headers


async def test_what_is_done_is_not_canceled(engine, client, buyer):
    location = (await post(client, buyer)).headers["Location"]
    assert await worker(engine).run_once()
    late = await client.post(f"{location}/cancel")
    assert late.status_code == 409
    assert late.json()["detail"] == "Too late: it has succeeded"
    assert (await client.get(location)).status_code == 303


async def test_an_answer_that_is_lost_leaves_a_job_that_runs(
    engine, client, buyer
):
    """The client hung up: its job is committed all the same, or not at all."""
    request = asyncio.create_task(post(client, buyer))
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    await post(client, buyer)
    jobs = 0
    while await worker(engine).run_once():
        jobs += 1
    assert jobs in (1, 2)


@asynccontextmanager
async def process_serving(way, url):
    """The process, and a client; it has ended when the block ends."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        descriptor = listener.fileno()
        process = await asyncio.create_subprocess_exec(
            *bound_to_us(
                [
                    *[sys.executable, "-m", job_resource_process.__name__],
                    *[way, str(descriptor), url],
                ],
                signal.SIGKILL,
            ),
            pass_fds=[descriptor],
        )
    try:
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            yield process, client
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


WAITING = text(
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock'"
)


@fix_and_twin(
    "way", "fix", "broken", FORGOTTEN, judged="api_design.job_resource_broken"
)
async def test_what_is_accepted_is_done_though_the_process_is_killed(
    engine, asyncpg_url, buyer, way
):
    me = {"caller": str(buyer)}
    async with engine.connect() as observer:
        await observer.execution_options(isolation_level="AUTOCOMMIT")
        async with (
            process_serving(way, asyncpg_url) as (process, client),
            engine.begin() as blocker,
        ):
            await blocker.execute(text("lock table invoices"))
            client.headers.update(me)
            location = (await post(client, buyer)).headers["Location"]
            await async_until(lambda: observer.scalar(WAITING))
            process.kill()
            await process.wait()
        await observer.execute(text("update jobs set run_at = created_at"))

        async with process_serving(way, asyncpg_url) as (_, client):
            client.headers.update(me)

            async def answer():
                response = await client.get(location)
                return (
                    response.status_code
                    if response.is_redirect or (response.is_error)
                    else None
                )

            assert await async_until(answer) == 303


class Background:
    """What the twin's tasks do; the first fails for nobody."""

    def __init__(self):
        self.wrote, self.notified = asyncio.Event(), asyncio.Event()

    async def write(self, buyer_id):
        self.wrote.set()
        if buyer_id == NOBODY:
            raise OSError("away")
        return {"EUR": "7.000"}

    async def notify(self, buyer_id):
        self.notified.set()


@pytest.fixture
def tasks():
    return Background()


@pytest.fixture
async def background(serve, tasks):
    return await serve(
        job_resource_broken.statement_router(tasks.write, tasks.notify)
    )


async def test_in_one_process_background_tasks_work(background, tasks, buyer):
    location = (await post(background, buyer)).headers["Location"]
    await tasks.notified.wait()
    done = (await background.get(location)).json()
    assert (done["status"], done["result"]) == ("succeeded", {"EUR": "7.000"})
    assert (await background.get(f"/jobs/{uuid4()}")).status_code == 404


async def test_the_first_background_task_that_raises_is_the_last(
    background, tasks
):
    """Nobody is told, and the job runs for ever."""
    location = (await post(background, NOBODY)).headers["Location"]
    await tasks.wrote.wait()
    assert (await background.get(location)).json()["status"] == "running"
    assert not tasks.notified.is_set()
