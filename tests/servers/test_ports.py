"""Ports on the loopback interface."""

import socket
import sys

import pytest

from servers.ports import HOST, is_free, reserved_port

IP_LOCAL_PORT_RANGE = 51  # of linux/in.h
linux = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux keeps a port that is bound"
)


@pytest.fixture
def port():
    with reserved_port() as port:
        yield port


def test_nobody_listens_at_a_reserved_port(port):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, port))


def test_a_server_that_is_told_listens_at_it(port):
    assert is_free(port)
    with socket.create_server((HOST, port)):
        socket.create_connection((HOST, port)).close()
        assert not is_free(port)


def test_it_is_free_again_after_the_block():
    with reserved_port() as port:
        pass
    with socket.socket() as anybody:
        anybody.bind((HOST, port))


@linux
@pytest.mark.parametrize("address", [HOST, ""])
def test_who_asks_for_any_port_is_not_given_it(port, address):
    with socket.socket() as other:
        try:  # as if it were the only one there is
            only = (port << 16 | port).to_bytes(4, sys.byteorder)
            other.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE, only)
        except OSError:
            pytest.skip("only Linux 6.3 lets a socket choose its range")
        with pytest.raises(OSError, match="in use"):
            other.bind((address, 0))


@linux
def test_who_takes_it_without_being_told_is_refused(port):
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((HOST, port))
