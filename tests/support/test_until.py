"""Waiting: leaves the processor to others, and ends."""

import asyncio
import subprocess
import sys
import time

import pytest

from tests.support.until import async_until, until


def look_in(answers):
    iterator = iter(answers)
    return lambda: next(iterator)


def test_it_gives_what_was_found():
    assert until(look_in([None, "", "found"])) == "found"


async def test_it_awaits_what_is_awaitable():
    answers = asyncio.Queue()
    for answer in (0, 3):
        answers.put_nowait(answer)
    assert await async_until(answers.get) == 3
    assert await async_until(look_in([None, "found"])) == "found"


def test_waiting_takes_no_processor_time(monkeypatch):
    monkeypatch.setattr("tests.support.until.PAUSE", 0.2)
    before = time.process_time()
    until(look_in([0, 0, 1]))
    assert time.process_time() - before < 0.2


async def test_it_lets_other_tasks_run():
    happened = asyncio.Event()
    task = asyncio.create_task(asyncio.to_thread(time.sleep, 0))
    task.add_done_callback(lambda _: happened.set())
    await async_until(happened.is_set)


def test_it_ends_though_nothing_happens():
    with pytest.raises(TimeoutError, match="waited in vain for 0"):
        until(look_in([False] * 2), patience=0)


async def test_it_ends_though_nothing_happens_in_the_loop():
    with pytest.raises(TimeoutError, match="waited in vain for 0"):
        await async_until(look_in([False] * 2), patience=0)


@pytest.fixture
def ended():
    with subprocess.Popen(
        [sys.executable, "-c", "raise SystemExit('no money')"],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def test_it_ends_with_the_process_that_it_waits_for(ended):
    with pytest.raises(TimeoutError, match="ended: 1 no money"):
        until(lambda: False, ended)


def test_what_a_process_did_before_it_ended_counts(ended):
    ended.wait()
    assert until(lambda: "written", ended)
