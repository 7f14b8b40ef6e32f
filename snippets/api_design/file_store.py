"""A place for files: a port, and a folder behind it."""

import os
import re
from asyncio import to_thread
from collections.abc import AsyncIterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol

from fastapi import Response
from fastapi.responses import FileResponse

from ..code_style.errors import DomainError

GENERATED = re.compile("[0-9a-f]{32}")


class FileTooLargeError(DomainError):
    """There is more of it than may be stored."""

    code = "file-too-large"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What arrived, as it was counted and hashed on the way."""

    size: int
    sha256: str


class FileStore(Protocol):
    """Keeps files under names that the service has made."""

    async def put(
        self, name: str, chunks: AsyncIterable[bytes], limit: int
    ) -> StoredFile:
        """Store all of it, or nothing.

        Raises:
            FileTooLargeError: more than ``limit`` bytes came.
        """
        ...

    def response(self, name: str, media_type: str, shown: str) -> Response:
        """The file to download as ``shown``, or a redirect to where it is."""
        ...


class DiskStore:
    """Fits `FileStore`: files in a folder of their own.

    Raises:
        ValueError: the name was not made by ``UUID.hex``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(
        self, name: str, chunks: AsyncIterable[bytes], limit: int
    ) -> StoredFile:
        path = self._path(name)
        partial = path.with_suffix(".part")
        size, digest = 0, sha256()
        try:
            # Not in a thread, which goes on when this is cancelled.
            with partial.open("xb") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise FileTooLargeError(f"More than {limit} bytes")
                    digest.update(chunk)
                    await to_thread(file.write, chunk)
                await to_thread(_sync, file)
            await to_thread(_rename, partial, path)
        finally:
            partial.unlink(missing_ok=True)
        return StoredFile(size, digest.hexdigest())

    def response(self, name: str, media_type: str, shown: str) -> Response:
        return FileResponse(
            self._path(name),
            media_type=media_type,
            filename=shown,
            headers={"X-Content-Type-Options": "nosniff"},
        )

    def _path(self, name: str) -> Path:
        if not GENERATED.fullmatch(name):
            raise ValueError(f"Not a name of ours: {name!r}")
        return self._folder / name


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _rename(partial: Path, path: Path) -> None:
    """The new name, too, is on the disk when this returns."""
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
