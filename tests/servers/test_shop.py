"""``make shop``: starts, prints what works, and survives being killed."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psycopg
import pytest

from guide.layout import ROOT
from servers.payment_provider import payment_provider
from servers.ports import port, reserved_port
from servers.postgres import Postgres, processes_on
from servers.server import ServerUnavailableError, listens
from servers.shop import (
    ShopError,
    database,
    embedded,
    end_left_over,
    in_time,
    opens,
    ours_alone,
    reason_in,
)
from tests.support.missing import HIDDEN, give_up, is_hidden
from tests.support.process import running
from tests.support.servers import FOLDER_PREFIX
from tests.support.until import until


@pytest.fixture(autouse=True)
def no_server_of_the_users_own(monkeypatch):
    for name in ("POSTGRES_URL", "NATS_URL", "PAYMENT_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def data():
    """A data folder for this module, where PostgreSQL can reach it as nobody;
    after a kill it goes with the folders of the test servers.
    """
    with TemporaryDirectory(prefix=f"{FOLDER_PREFIX}{os.getpid()}-") as folder:
        Path(folder).chmod(0o755)
        embedded_postgres(Path(folder))
        yield Path(folder)


@pytest.fixture
def http_port():
    with reserved_port() as port:
        yield port


def embedded_postgres(data):
    """PostgreSQL's programs, or the end of the test."""
    if is_hidden("postgres"):
        give_up("postgres", HIDDEN)
    try:
        return Postgres.for_data_in(data)
    except ServerUnavailableError as error:
        give_up("postgres", str(error))


def command(data, http_port):
    return [
        *[sys.executable, "-m", "servers.shop"],
        *["--port", str(http_port), "--data", str(data)],
    ]


class Shop:
    """The starter, running, and the two curl commands that it printed."""

    def __init__(self, process):
        self.process = process
        process.stdout.readline()
        self.order = shlex.split(process.stdout.readline())
        self.show = shlex.split(process.stdout.readline())
        self.url = self.order[2]
        self.children = [
            child
            for child, parent in map(str.split, ps("-axo", "pid=,ppid="))
            if int(parent) == process.pid
        ]

    def is_gone(self):
        """True when no process of it is left; a zombie is none."""
        until(lambda: not self.alive())
        return closed(self.url)

    def alive(self):
        states = ps("-o", "stat=", "-p", ",".join(self.children))
        return [state for state in states if not state.startswith("Z")]


def ps(*arguments):
    return subprocess.run(
        ["ps", *arguments], check=False, capture_output=True, text=True
    ).stdout.splitlines()


@contextmanager
def shop(data, end=signal.SIGTERM, **variables):
    with (
        reserved_port() as http_port,
        running(
            command(data, http_port),
            cwd=ROOT,
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        try:
            yield Shop(process)
        finally:
            process.send_signal(end)


def send(curl):
    """Send what the curl command would."""
    match curl:
        case ["curl", "-i", url, "-H", key, "-H", kind, "-d", body]:
            headers = dict(header.split(": ") for header in (key, kind))
            return httpx.post(url, content=body, headers=headers)
        case ["curl", url]:
            return httpx.get(url)
    raise AssertionError(f"not understood: {curl}")


def next_event(order_url):
    """Its type, when something has happened to the order."""
    with httpx.stream("GET", f"{order_url}/events", timeout=30) as events:
        for line in events.iter_lines():
            if line.startswith("event: "):
                return line.removeprefix("event: ")
    raise EOFError


def refusal(data, http_port, **variables):
    result = subprocess.run(
        command(data, http_port),
        cwd=ROOT,
        env={**os.environ, **variables},
        check=False,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    return result.stderr


def closed(url):
    return until(lambda: not listens(url))


def test_the_printed_lines_order_and_show_until_ctrl_c_ends_all_of_it(data):
    with shop(data, end=signal.SIGINT) as running:
        answer = send(running.order)
        order = answer.json()
        assert answer.status_code == 201
        assert next_event(f"{running.url}/{order['id']}") == "order.confirmed"
        shown = send(running.show).json()["orders"]

    assert (order["id"], "confirmed") in [(o["id"], o["status"]) for o in shown]
    assert running.children
    assert running.is_gone()
    assert not (data / "postgres" / "db" / "postmaster.pid").exists()


def test_killed_it_leaves_no_process_and_goes_on_where_it_was(data):
    with payment_provider() as provider:
        variables = {"PAYMENT_URL": provider.url}
        provider.answers.clear()
        with shop(data, end=signal.SIGKILL, **variables) as running:
            order = send(running.order).json()
            assert provider.acted.wait(30)
        assert running.children
        assert running.is_gone()
        provider.answers.set()
        as_if_leases_had_run_out(data)

        with shop(data, **variables) as running:
            url = f"{running.url}/{order['id']}"
            assert next_event(url) == "order.confirmed"

        assert list(provider.charges) == [f"charge-{order['id']}"]


def as_if_leases_had_run_out(data):
    with embedded(data) as (url, _), psycopg.connect(url) as connection:
        connection.execute(
            "update sagas set due_at = now() where due_at is not null"
        )


def test_a_shop_whose_postgresql_was_killed_ends_and_says_so(data, http_port):
    with running(
        command(data, http_port),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.readline()
        pid_file = data / "postgres" / "db" / "postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
        _, said = process.communicate()

    assert process.returncode == 1
    assert said.endswith(
        "PostgreSQL has ended: make shop starts all again, with the orders "
        f"there were; {data / 'postgres.log'} says why.\n"
    )


@pytest.mark.parametrize(
    ("end", "code"),
    [
        pytest.param(signal.SIGINT, 0, id="Ctrl-C"),
        pytest.param(signal.SIGHUP, 129, id="closed terminal"),
    ],
)
def test_its_end_ends_all_of_it(data, http_port, end, code):
    with running(
        command(data, http_port),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.readline()
        curl = shlex.split(process.stdout.readline())
        process.send_signal(end)

    assert process.returncode == code
    assert closed(curl[2])
    assert not (data / "postgres" / "db" / "postmaster.pid").exists()


def test_a_first_answer_that_never_comes_is_asked_for_again():
    answers = [b"", b"no HTTP\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]
    with (
        running(["sleep", "60"]) as service,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):

        def serve():
            for answer in answers:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(1000)
                    connection.sendall(answer)

        server = threading.Thread(target=serve)
        server.start()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        assert in_time(lambda: opens(f"http://{address}/"), service)
        server.join()
        service.kill()


def test_a_second_shop_on_the_same_data_is_refused(data, http_port):
    with ours_alone(data):
        assert refusal(data, http_port) == (
            "The shop runs already: end it there with Ctrl-C first.\n"
        )


def test_a_taken_port_is_named_with_another(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other_program:
        taken = other_program.getsockname()[1]
        assert refusal(tmp_path, taken) == (
            f"Port {taken} is taken: end what listens there, "
            f"or choose another: make shop PORT={taken + 1}\n"
        )


@pytest.mark.parametrize("text", ["0", "-1", "65536", "x", "", "9" * 5000])
def test_what_is_no_port_is_none(text):
    with pytest.raises(ValueError):  # noqa: PT011 - argparse takes any
        port(text)


def test_a_port_is_one_up_to_the_last():
    assert [port("1"), port("65535")] == [1, 65535]


@pytest.mark.parametrize("module", ["servers.shop", "guide.site serve"])
def test_a_number_that_is_no_port_is_said(module):
    result = subprocess.run(
        [sys.executable, "-m", *module.split(), "--port=99999"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2
    assert "argument --port: invalid port value: '99999'" in result.stderr


def test_a_database_of_the_users_own_wins(tmp_path, postgres_url, monkeypatch):
    monkeypatch.setenv("POSTGRES_URL", postgres_url)

    with shop(tmp_path) as running:
        order = send(running.order).json()

    with psycopg.connect(postgres_url) as connection:
        stored = connection.execute("select id::text from orders").fetchall()
    assert stored == [(order["id"],)]
    assert not (tmp_path / "postgres").exists()


def test_a_database_that_does_not_answer_is_said(tmp_path, http_port):
    with reserved_port() as nobody:
        url = f"postgresql://127.0.0.1:{nobody}/shop"
        said = refusal(tmp_path, http_port, POSTGRES_URL=url)
    assert said.startswith("No PostgreSQL answers at POSTGRES_URL: ")
    assert "Connection refused" in said


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("shop", "must start with postgresql://"),
        ("postgresql+asyncpg://127.0.0.1/shop", "must start with postgresql:"),
        ("host=127.0.0.1 dbname=shop", "must start with postgresql://"),
        ("postgresql://[::1/shop", 'looking for matching "]"'),
        ("postgresql://127.0.0.1/shop?x=y", "invalid URI query parameter"),
    ],
)
def test_a_url_that_is_none_is_said_in_one_line(
    tmp_path, monkeypatch, url, said
):
    monkeypatch.setenv("POSTGRES_URL", url)
    with pytest.raises(ShopError) as refused, database(tmp_path):
        pass
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_server_left_over_is_ended_first(data, tmp_path):
    for tool in ("true", "unshare"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "/nowhere")
    script = """
        import sys
        from pathlib import Path
        from servers.shop import embedded

        with embedded(Path(sys.argv[1])) as (url, _):
            print(url, flush=True)
            sys.stdin.read()
    """
    with running(
        [sys.executable, "-c", textwrap.dedent(script), str(data)],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},  # nothing else: no setpriv
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        left_over = starter.stdout.readline().strip()
        starter.kill()
    assert listens(left_over)

    with embedded(data) as (url, _):
        assert closed(left_over)
        assert listens(url)


def test_a_server_that_was_killed_itself_is_no_obstacle(data):
    cluster = Postgres.for_data_in(data).initialise(data / "postgres")
    with embedded(data) as (url, _):
        pids = processes_on(cluster)
        for pid in pids:
            with suppress(ProcessLookupError):  # one's end ends the others
                os.kill(pid, signal.SIGKILL)
        # Not waited for, they are zombies now, and their numbers taken.
        assert closed(url)
        end_left_over(cluster)
        assert not (cluster / "postmaster.pid").exists()

    assert pids
    with embedded(data) as (url, _):
        assert listens(url)


def test_data_of_another_version_are_refused_with_both_versions(http_port):
    with TemporaryDirectory(prefix=f"{FOLDER_PREFIX}{os.getpid()}-") as folder:
        Path(folder).chmod(0o755)
        cluster = Path(folder, "postgres", "db")
        embedded_postgres(Path(folder)).initialise(cluster.parent)
        (cluster / "PG_VERSION").write_text("17\n")

        said = refusal(folder, http_port)

    assert said.startswith("PostgreSQL did not start on the data in ")
    assert f"{cluster.parent}: database files are incompatible" in said
    assert "version 17, which is not compatible with this version 18" in said
    assert said.count("\n") == 1


def test_what_postgresql_says_last_is_its_reason(tmp_path):
    log = tmp_path / "postgres.log"
    log.write_text(
        'postgres: could not access directory "db": Permission denied\n'
    )
    assert "Permission denied" in reason_in(log)
    log.write_text(4 * "1 [2] FATAL:  starting up\n")  # it is asked often
    assert reason_in(log) == "starting up"
    log.write_text("")
    assert reason_in(log) == f"see {log}"


def test_a_server_is_found_by_its_command_where_there_is_no_proc(
    data, monkeypatch
):
    cluster = data / "postgres" / "db"
    with embedded(data):
        postmaster = int((cluster / "postmaster.pid").read_text().split()[0])
        assert postmaster in processes_on(cluster)
        monkeypatch.setattr("pathlib.Path.exists", lambda path: False)
        # A child that it has just forked still carries its command.
        until(lambda: processes_on(cluster) == [postmaster])


@pytest.mark.parametrize(
    "remnant",
    [
        pytest.param(f"{os.getpid()}\n", id="another program's number"),
        pytest.param("", id="empty"),
    ],
)
def test_the_pid_file_of_a_killed_server_is_no_obstacle(tmp_path, remnant):
    pid_file = tmp_path / "postmaster.pid"
    pid_file.write_text(remnant)

    end_left_over(tmp_path)

    assert not pid_file.exists()
