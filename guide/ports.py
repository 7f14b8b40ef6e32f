"""Ports on the loopback interface."""

import socket

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


def free_port() -> int:
    """One that nobody listens at, for now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


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
