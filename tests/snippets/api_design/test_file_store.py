"""A place for files: all of a file or nothing, under a name of ours."""

import asyncio
import os
import threading
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest

from snippets.api_design.file_store import DiskStore, FileTooLargeError


async def chunks(*parts):
    for part in parts:
        yield part


@pytest.fixture
def store(tmp_path):
    return DiskStore(tmp_path)


async def test_a_file_is_stored_counted_and_hashed(store, tmp_path):
    name = uuid4().hex
    stored = await store.put(name, chunks(b"abc", b"", b"de"), 5)
    assert stored.size == 5
    assert stored.sha256 == sha256(b"abcde").hexdigest()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"abcde"


async def test_what_never_ends_is_cut_off_and_removed(store, tmp_path):
    async def endless():
        while True:
            yield b"x" * 1000

    with pytest.raises(FileTooLargeError, match="More than 9999 bytes"):
        await store.put(uuid4().hex, endless(), 9999)
    assert [*tmp_path.iterdir()] == []


async def test_what_breaks_off_leaves_nothing(store, tmp_path):
    async def breaks():
        yield b"abc"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await store.put(uuid4().hex, breaks(), 100)
    assert [*tmp_path.iterdir()] == []


async def test_an_upload_that_is_cancelled_leaves_nothing(store, tmp_path):
    begun = asyncio.Event()

    async def hangs():
        yield b"abc"
        begun.set()
        await asyncio.Event().wait()

    putting = asyncio.create_task(store.put(uuid4().hex, hangs(), 100))
    await begun.wait()
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    "name", ["", "../x", "/etc/x", "A" * 32, "a" * 33, "a" * 32 + "\n", "x\0"]
)
async def test_a_name_that_is_not_ours_is_no_path(store, tmp_path, name):
    with pytest.raises(ValueError, match="Not a name of ours"):
        await store.put(name, chunks(b"a"), 100)
    with pytest.raises(ValueError, match="Not a name of ours"):
        store.response(name, "image/png", "x.png")
    assert [*tmp_path.iterdir()] == []


async def test_a_file_is_on_the_disk_and_then_its_name(
    store, tmp_path, monkeypatch
):
    synced = []

    def fsync(number):
        target = Path(f"/proc/self/fd/{number}").readlink()
        synced.append((target, {path.name for path in tmp_path.iterdir()}))

    monkeypatch.setattr(os, "fsync", fsync)
    name = uuid4().hex
    await store.put(name, chunks(b"abc"), 100)

    part = f"{name}.part"
    assert synced == [
        (tmp_path / part, {part}),
        (tmp_path, {name}),
    ]


async def test_to_open_it_is_no_work_of_a_thread(store, tmp_path, monkeypatch):
    """A thread would create the file after a cancelled upload was cleaned."""
    threads = []
    opened = Path.open

    def spied(path, *mode):
        threads.append(threading.current_thread())
        return opened(path, *mode)

    monkeypatch.setattr(Path, "open", spied)
    await store.put(uuid4().hex, chunks(b"abc"), 100)
    assert threads == [threading.main_thread()]
