"""A process that a test starts never outlives the test, nor holds it up."""

import subprocess
import sys

import pytest

from tests.process import running

ENDLESS = [sys.executable, "-c", "import sys; sys.stdin.read()"]


def test_what_raises_in_the_block_kills_the_process():
    with (
        pytest.raises(ValueError, match="a failed test"),
        running(ENDLESS, stdin=subprocess.PIPE) as process,
    ):
        raise ValueError("a failed test")
    assert process.returncode < 0


def test_a_process_that_ends_by_itself_is_waited_for():
    with running([sys.executable, "-c", "raise SystemExit(3)"]) as process:
        pass
    assert process.returncode == 3
