"""Processes that tests start."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from servers.process import bound_to_us


@contextmanager
def running(command: list[str], **options) -> Iterator[subprocess.Popen]:
    """A process that the block ends or waits for; what raises in it, kills it.

    ``Popen`` alone would wait for the process, and hide why. It does not
    outlive the test run either, should that be killed.
    """
    command = bound_to_us(command, signal.SIGKILL)
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise
