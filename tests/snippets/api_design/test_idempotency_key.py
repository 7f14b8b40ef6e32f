"""Idempotency keys: at once, twice, killed anywhere, of others: one effect."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from guide.evidence.crash_points import HELD, Report
from snippets.api_design.idempotency_key import (
    IdempotencyKeyRow,
    PostgresAnswers,
    forget_answers,
)
from snippets.api_design.idempotency_key_broken import CachedAnswers
from snippets.api_design.keyed_request import (
    Answer,
    KeyReusedError,
    RequestInFlightError,
    once,
)
from snippets.database_patterns.models import BuyerRow, InvoiceRow
from tests.snippets.api_design.crash_operations import REQUEST, WAYS, issue
from tests.support.twins import fix_and_twin

OPERATION = "tests.snippets.api_design.crash_operations:issue_invoice"
TWICE = "A double click places two orders."
LEAKED = "Whoever sends the same key gets the stored response of a stranger."
STUCK = "After a crash in between, every repetition is answered 409, for ever."


@pytest.fixture
async def cache(redis_url):
    async with Redis.from_url(redis_url) as cache:
        yield cache


@pytest.fixture
async def buyer_id(engine):
    async with AsyncSession(engine) as session, session.begin():
        buyer = BuyerRow(email="ann@example.com", name="Ann")
        session.add(buyer)
        await session.flush()
        return buyer.id


@pytest.fixture
def count(engine):
    async def count():
        async with AsyncSession(engine) as session:
            return await session.scalar(
                select(func.count()).select_from(InvoiceRow)
            )

    return count


@pytest.fixture
def send(engine, buyer_id):
    """``await send()``: one request, from its beginning to its commit."""

    async def send(request=REQUEST, answers=PostgresAnswers, effect=issue):
        async with AsyncSession(engine) as session, session.begin():
            return await once(
                answers(session), request, effect(session, buyer_id)
            )

    return send


@pytest.fixture
def answers(request, way):
    """Makes the ways' answers, given a session."""
    if way == "fix":
        return PostgresAnswers
    cache = request.getfixturevalue("cache")
    return lambda session: CachedAnswers(cache)


@fix_and_twin("way", "fix", "cached", TWICE)
async def test_a_double_submit_has_one_effect(send, answers, count):
    inside, go = asyncio.Event(), asyncio.Event()

    def slow(session, buyer_id):
        async def effect():
            answer = await issue(session, buyer_id)()
            inside.set()
            await go.wait()
            return answer

        return effect

    first = asyncio.create_task(send(answers=answers, effect=slow))
    await inside.wait()
    second = await asyncio.gather(send(answers=answers), return_exceptions=True)
    go.set()
    answer = await first

    assert await count() == 1
    assert [type(error) for error in second] == [RequestInFlightError]
    assert await send(answers=answers) == replace(answer, replayed=True)


@fix_and_twin("way", "fix", "cached", LEAKED)
async def test_the_same_key_of_another_caller_is_another_key(
    send, answers, count
):
    mine = await send(answers=answers)
    theirs = await send(replace(REQUEST, caller="bob"), answers=answers)

    assert theirs.body != mine.body
    assert await count() == 2


@pytest.mark.parametrize("way", ["fix", "cached"])
async def test_one_after_the_other_the_second_gets_the_answer_of_the_first(
    send, answers, count
):
    first = await send(answers=answers)
    second = await send(answers=answers)

    assert second == replace(first, replayed=True)
    assert await count() == 1


@fix_and_twin(
    "way",
    "fix",
    "reserved first",
    STUCK,
    judged="api_design.idempotency_key_reserved_broken",
)
async def test_killed_anywhere_a_repeated_request_gets_its_one_invoice(
    crash_points, engine, asyncpg_url, buyer_id, way
):
    async def prepare():
        async with engine.begin() as connection:
            for table in ("invoices", "idempotency_keys", "reserved_keys"):
                await connection.execute(text(f"delete from {table}"))

    async def settle():
        try:
            answer = await WAYS[way](engine, REQUEST, str(buyer_id))
        except RequestInFlightError:
            return "409 for ever"
        async with AsyncSession(engine) as session:
            [invoice_id] = await session.scalars(select(InvoiceRow.id))
        assert answer.body.decode() == str(invoice_id)
        return HELD

    outcomes = await crash_points(
        OPERATION,
        way,
        asyncpg_url,
        str(buyer_id),
        prepare=prepare,
        settle=settle,
    )

    Report("api_design", "idempotency_key", way, outcomes).save()
    assert set(outcomes.values()) == {HELD}


async def test_undisturbed_a_reservation_works_too(engine, buyer_id, count):
    first, second = [
        await WAYS["reserved first"](engine, REQUEST, str(buyer_id))
        for _ in range(2)
    ]
    assert second == replace(first, replayed=True)
    assert await count() == 1


async def test_another_request_with_the_key_is_refused(send, count):
    await send()
    with pytest.raises(KeyReusedError):
        await send(replace(REQUEST, fingerprint=b"another"))
    assert await count() == 1


async def test_the_same_key_for_another_operation_is_another_key(send, count):
    await send()
    answer = await send(replace(REQUEST, operation="POST /refunds"))
    assert not answer.replayed
    assert await count() == 2


async def test_what_failed_is_run_again(send, count):
    def failing(session, buyer_id):
        async def effect():
            await issue(session, buyer_id)()
            raise ConnectionError

        return effect

    with pytest.raises(ConnectionError):
        await send(effect=failing)
    assert await count() == 0

    assert not (await send()).replayed
    assert await count() == 1


async def test_a_request_that_is_cancelled_frees_its_key(send, count):
    inside = asyncio.Event()

    def endless(session, buyer_id):
        async def effect():
            await issue(session, buyer_id)()
            inside.set()
            await asyncio.Event().wait()

        return effect

    first = asyncio.create_task(send(effect=endless))
    await inside.wait()
    first.cancel()
    await asyncio.wait([first])

    assert not (await send()).replayed
    assert await count() == 1


async def test_a_savepoint_of_the_effect_does_not_free_the_key(
    engine, send, buyer_id, count
):
    async with AsyncSession(engine) as session, session.begin():
        answers = PostgresAnswers(session)
        assert await answers.find(REQUEST) is None
        savepoint = await session.begin_nested()
        await issue(session, buyer_id)()
        await savepoint.rollback()
        with pytest.raises(RequestInFlightError):
            await send()

    assert not (await send()).replayed
    assert await count() == 1


async def test_an_answer_of_any_bytes_is_replayed_as_it_was(send):
    def image(session, buyer_id):
        async def effect():
            return Answer(200, {"X-Name": "\xe9t\xe9"}, bytes(range(256)))

        return effect

    first = await send(effect=image)
    assert await send() == replace(first, replayed=True)


async def test_a_hundred_at_once_have_one_effect(send, count):
    outcomes = await asyncio.gather(
        *(send() for _ in range(100)), return_exceptions=True
    )

    new = [
        answer
        for answer in outcomes
        if isinstance(answer, Answer) and not answer.replayed
    ]
    errors = [error for error in outcomes if isinstance(error, Exception)]
    assert len(new) == await count() == 1
    assert {type(error) for error in errors} <= {RequestInFlightError}


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
async def test_above_read_committed_an_old_snapshot_is_refused(
    at_level, buyer_id, count, level
):
    engine = at_level(level)
    async with AsyncSession(engine) as late, late.begin():
        await late.scalar(select(func.count()).select_from(InvoiceRow))
        async with AsyncSession(engine) as early, early.begin():
            effect = issue(early, buyer_id)
            await once(PostgresAnswers(early), REQUEST, effect)
        with pytest.raises(DBAPIError):
            await once(PostgresAnswers(late), REQUEST, issue(late, buyer_id))
        await late.rollback()

    assert await count() == 1


async def test_old_answers_are_forgotten(engine, send, count):
    now = datetime.now(UTC)
    await send()
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(update(IdempotencyKeyRow).values(answered_at=now))
    for moment in (now, now + timedelta(microseconds=1)):
        async with AsyncSession(engine) as session, session.begin():
            await forget_answers(session, before=moment)
        await send()

    assert await count() == 2
