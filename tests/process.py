"""Processes that tests start."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def running(command: list[str], **options) -> Iterator[subprocess.Popen]:
    """A process that the block ends or waits for; what raises in it, kills it.

    ``Popen`` alone would wait for the process, and hide why.
    """
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise
