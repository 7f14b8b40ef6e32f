"""Ports on the loopback interface."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

HOST = "127.0.0.1"


def port(text: str) -> int:
    """For argparse, which says what ValueError means for a type of this name.

    Raises:
        ValueError: it is no port that a program can listen at.
    """
    number = int(text)
    if not 1 <= number <= 65535:
        raise ValueError(text)
    return number


@contextmanager
def reserved_port() -> Iterator[int]:
    """One that nobody else is given while the block runs, and where nobody
    listens but who is told to.

    Held on Linux, which gives away no port that is bound, and lets whoever sets
    SO_REUSEADDR, as servers do, listen at one that is. Elsewhere it is only
    free for now.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((HOST, 0))
        port = int(holder.getsockname()[1])
        if sys.platform != "linux":
            holder.close()
        yield port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def taken(port: int, command: str) -> str:
    """What to tell a user whose port is not free."""
    return (
        f"Port {port} is taken: end what listens there, "
        f"or choose another: {command} PORT={port + 1}"
    )
