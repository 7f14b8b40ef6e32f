"""A child never outlives the process that started it, nor holds it up."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap

import pytest

from guide.layout import ROOT
from servers.process import running as running_service
from tests.support.process import running

ENDLESS = [sys.executable, "-c", "import sys; sys.stdin.read()"]
PARENT = """
    import signal, subprocess, sys
    from servers.process import bound_to_us

    child = ["sh", "-c", "echo is the command; exec sleep 600"]
    command = bound_to_us(child, signal.Signals[sys.argv[1]])
    subprocess.Popen(command, stdin=subprocess.DEVNULL).wait()
"""
linux = pytest.mark.skipif(
    not shutil.which("setpriv"), reason="Only Linux can bind a process to ours."
)


@pytest.fixture
def slow_setpriv(tmp_path):
    """Does it when the test says so, by opening ``go``; gives that and PATH."""
    go = tmp_path / "go"
    os.mkfifo(go)
    script = tmp_path / "setpriv"
    script.write_text(
        f'#!/bin/sh\necho is not armed\nread -r _ < "{go}"\n'
        f'exec {shutil.which("setpriv")} "$@"\n'
    )
    script.chmod(0o755)
    return go, f"{tmp_path}:{os.environ['PATH']}"


def parent(death_signal, **variables):
    return running(
        [sys.executable, "-c", textwrap.dedent(PARENT), death_signal],
        cwd=ROOT,
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        text=True,
    )


@linux
@pytest.mark.parametrize("death_signal", ["SIGTERM", "SIGINT", "SIGKILL"])
def test_a_parent_killed_before_the_signal_is_armed_leaves_no_child(
    slow_setpriv, death_signal
):
    go, path = slow_setpriv
    with parent(death_signal, PATH=path) as process:
        assert process.stdout.readline() == "is not armed\n"
        process.kill()
        process.wait()
        go.write_text("\n")
        assert process.stdout.read() == ""  # and nobody holds it any more


@linux
@pytest.mark.parametrize("death_signal", ["SIGTERM", "SIGKILL"])
def test_a_parent_killed_later_leaves_no_child(death_signal):
    with parent(death_signal) as process:
        assert process.stdout.readline() == "is the command\n"
        process.kill()
        assert process.stdout.read() == ""


@linux
def test_a_child_that_is_let_live_becomes_the_command(slow_setpriv):
    go, path = slow_setpriv
    with parent("SIGTERM", PATH=path) as process:
        process.stdout.readline()
        go.write_text("\n")
        assert process.stdout.readline() == "is the command\n"
        process.kill()


def test_where_nothing_binds_the_command_runs_as_it_is(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with running([sys.executable, "-c", "raise SystemExit(3)"]) as process:
        assert process.args == [sys.executable, "-c", "raise SystemExit(3)"]
    assert process.returncode == 3


def test_a_service_ends_with_its_block():
    with running_service(["sleep", "600"]) as process:
        pass
    assert process.returncode == -signal.SIGTERM


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
