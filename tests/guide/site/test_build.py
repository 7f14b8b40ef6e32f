"""The commands in a bad state: one sentence that says what to do."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap

import httpx
import pytest

from guide.layout import ROOT
from guide.site import build
from servers.ports import reserved_port
from servers.server import listens
from tests.support.process import running
from tests.support.until import until


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


def serving(port, *program):
    return running(
        [sys.executable, *program, "serve", "--port", str(port)],
        cwd=ROOT,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


A_SMALL_SITE = """
    import pathlib, sys
    from guide.site import build

    build.ROOT = pathlib.Path(sys.argv.pop(1))
    sys.exit(build.main())
"""


@pytest.fixture
def small_site(tmp_path):
    """Serves in a second what the guide takes half a minute to build."""
    (tmp_path / "mkdocs.yml").write_text("site_name: Shop\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Shop\n")
    return ["-c", textwrap.dedent(A_SMALL_SITE), str(tmp_path)]


@pytest.fixture
def port():
    with reserved_port() as port:
        yield port


@pytest.fixture
def interruptible():
    """What the test starts can be interrupted, even if we ourselves cannot.

    A shell lets what it starts in the background ignore SIGINT.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_serve_says_where_and_ends_quietly(port, small_site):
    with serving(port, *small_site) as server:
        first = server.stdout.readline()
        until(lambda: listens(f"http://127.0.0.1:{port}"), server)
        home = httpx.get(f"http://127.0.0.1:{port}/")
        os.killpg(server.pid, signal.SIGINT)  # as Ctrl-C does
        rest = server.stdout.read()

    assert first == f"Building; then see http://127.0.0.1:{port}/\n"
    assert home.status_code == 200
    assert "Traceback" not in rest


@pytest.mark.skipif(
    not shutil.which("setpriv"), reason="Only Linux can bind a process to ours."
)
def test_a_serve_that_is_killed_leaves_no_mkdocs_behind(port, small_site):
    with serving(port, *small_site) as server:
        server.stdout.readline()
        said = iter(server.stdout.readline, "")
        next(line for line in said if "Building documentation" in line)
        server.kill()
        server.stdout.read()  # until nobody holds it any more


def test_an_interrupt_before_serving_is_quiet(monkeypatch, port):
    def interrupted(_: int) -> int:
        raise KeyboardInterrupt

    arguments = ["guide.site", "serve", "--port", str(port)]
    monkeypatch.setattr("sys.argv", arguments)
    monkeypatch.setattr(build, "serve", interrupted)
    assert build.main() == 130


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
