"""Child processes that do not outlive the process that started them."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

# The shell looks up its parent when the signal is armed: whoever was orphaned
# before is told so by the number, whoever is later by the signal.
UNLESS_ORPHANED = '[ "$PPID" = "$0" ] && exec "$@"'


def bound_to_us(
    command: Sequence[str],
    death_signal: signal.Signals,
    prefix: Sequence[str] = (),
) -> list[str]:
    """The command, sent ``death_signal`` when we end, even by SIGKILL.

    Whenever we are killed: a child that is not yet the command never becomes
    it. To Linux "we" are the thread that starts the child, so let it be one
    that lasts. Elsewhere (macOS has no ``setpriv``) the command stays as it is,
    and a parent that is killed by SIGKILL leaves it behind.
    """
    setpriv = shutil.which("setpriv")
    if not setpriv:
        return [*prefix, *command]
    name = death_signal.name.removeprefix("SIG")
    return [
        *prefix,  # first: a change of user clears the death signal
        *[setpriv, "--pdeathsig", name],
        *["/bin/sh", "-c", UNLESS_ORPHANED, str(os.getpid())],
        *command,
    ]


@contextmanager
def running(
    command: Sequence[str],
    stop_signal: signal.Signals = signal.SIGTERM,
    death_signal: signal.Signals = signal.SIGKILL,
    prefix: Sequence[str] = (),
    **options: Any,  # noqa: ANN401 - Popen's
) -> Iterator["subprocess.Popen[bytes]"]:
    """A child for the block, in a session of its own: only we pass signals on.

    It gets ``stop_signal`` at the end, ten seconds to obey, and then SIGKILL.
    """
    process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 - our own commands
        bound_to_us(command, death_signal, prefix),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        **options,
    )
    try:
        yield process
    finally:
        process.send_signal(stop_signal)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
