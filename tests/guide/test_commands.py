"""The commands in a bad state: one sentence that says what to do."""

import os
import shutil
import signal
import socket
import subprocess
import sys

import httpx
import pytest

from guide.excerpts import ROOT
from tests.process import running
from tests.servers import free_port, listens


def run(*command, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        check=False,
        capture_output=True,
        text=True,
        **options,
    )


def test_serve_on_a_taken_port_names_another():
    with socket.socket() as other_program:
        other_program.bind(("127.0.0.1", 0))
        other_program.listen()
        port = other_program.getsockname()[1]
        result = run(
            sys.executable,
            *["-m", "guide.site", "serve", "--port", port],
            cwd=ROOT,
        )
    assert result.returncode == 1
    assert result.stderr == (
        f"Port {port} is taken: end what listens there, "
        f"or choose another: make serve PORT={port + 1}\n"
    )


def serving(port):
    return running(
        [
            *[sys.executable, "-m", "guide.site", "serve"],
            *["--port", str(port)],
        ],
        cwd=ROOT,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def interruptible():
    """What the test starts can be interrupted, even if we ourselves cannot.

    A shell lets what it starts in the background ignore SIGINT.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_serve_says_where_and_ends_quietly():
    port = free_port()
    with serving(port) as server:
        first = server.stdout.readline()
        while not listens(f"http://127.0.0.1:{port}"):
            assert server.poll() is None
        home = httpx.get(f"http://127.0.0.1:{port}/")
        os.killpg(server.pid, signal.SIGINT)  # as Ctrl-C does
        rest = server.stdout.read()

    assert first == f"Building; then see http://127.0.0.1:{port}/\n"
    assert home.status_code == 200
    assert "Traceback" not in rest


@pytest.mark.skipif(
    not shutil.which("setpriv"), reason="Only Linux can bind a process to ours."
)
def test_a_serve_that_is_killed_leaves_no_mkdocs_behind():
    with serving(free_port()) as server:
        server.stdout.readline()
        while not child_of(server).startswith(sys.executable):
            assert server.poll() is None
        server.kill()
        server.stdout.read()  # until nobody holds it any more


def child_of(process):
    return run("ps", "-o", "args=", "--ppid", process.pid).stdout


@pytest.fixture
def clone(tmp_path):
    """A folder with the setup script, and a PATH without any Python."""
    (tmp_path / "guide").mkdir()
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "guide" / "setup.sh", tmp_path / "guide")
    for tool in ("sh", "dirname", "touch"):
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool))
    return tmp_path


def set_up(clone, **variables):
    return run(
        "sh",
        clone / "guide" / "setup.sh",
        env={"PATH": str(clone / "bin"), "HOME": str(clone), **variables},
    )


def test_setup_without_any_python_says_what_to_install(clone):
    result = set_up(clone)
    assert result.returncode == 1
    assert result.stderr == (
        "No Python 3.11 or later found: install one, "
        "or run make PYTHON=/path/to/python3.\n"
    )


def test_setup_with_an_old_python_refuses_it(clone):
    old = clone / "bin" / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    result = set_up(clone, PYTHON="old-python")
    assert result.returncode == 1
    assert result.stderr == (
        "PYTHON=old-python is not a Python 3.11 or later: "
        "point PYTHON at one.\n"
    )


def test_setup_without_venv_says_what_to_install(clone):
    python = clone / "bin" / "python3"
    python.write_text(
        "#!/bin/sh\n"
        'case "$*" in\n'
        '  "-m venv"*) exit 1 ;;\n'
        '  *sys.executable*) echo "$0" ;;\n'
        "esac\n"
    )
    python.chmod(0o755)
    result = set_up(clone)
    assert result.returncode == 1
    assert "install uv, or your system's python3-venv package" in result.stderr
