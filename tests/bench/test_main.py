"""`make bench`: what it prints, and when it records."""

from contextlib import asynccontextmanager

import pytest

from guide.evidence.bench import load
from tests.bench import __main__ as program
from tests.bench.bench import Bench, Task


@asynccontextmanager
async def tasks(_url, _scale):
    async def nothing():
        return None

    yield [Task("10 orders", {"paid": nothing, "free": nothing})]


@pytest.fixture
def bench(project, postgres_server, monkeypatch):
    """The small project has one bench, and our server is the user's."""
    project.write("tests/bench/pricing/free_shipping.py", "")
    monkeypatch.setenv("POSTGRES_URL", postgres_server)
    monkeypatch.setattr(
        program, "find", lambda _name: Bench("Free", "It.", "free", tasks)
    )
    return project


def test_from_ten_rounds_on_it_records(bench, capsys):
    program.measure(["free-shipping"], 10, bench.root)

    record = load("free-shipping", bench.root)
    assert record.what == "It."
    assert record.environment.settings.keys() == {*program.SETTINGS}
    said = capsys.readouterr().out
    assert "10 orders: paid takes" in said
    assert "docs/evidence/bench/free-shipping.json" in said


def test_a_look_of_fewer_rounds_records_nothing(bench, capsys):
    program.measure(["free-shipping"], 9, bench.root)

    assert load("free-shipping", bench.root) is None
    assert "Under 10 rounds: not recorded." in capsys.readouterr().out


@pytest.mark.parametrize(("load", "said"), [(0, False), (9_999, True)])
def test_it_says_that_the_machine_was_busy(
    bench, capsys, monkeypatch, load, said
):
    monkeypatch.setattr(program.os, "getloadavg", lambda: (load, 0, 0))
    program.measure(["free-shipping"], 2, bench.root)
    assert ("busy" in capsys.readouterr().out) is said


def test_a_missing_server_is_said_in_one_line(bench, monkeypatch):
    monkeypatch.setenv("WITHOUT", "postgresql")
    with pytest.raises(SystemExit, match="No PostgreSQL"):
        program.measure(["free-shipping"], 2, bench.root)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["keyset", "offset"], "no bench offset; there is "),
        (["keyset", "--rounds", "1"], "a spread needs 2 rounds"),
    ],
)
def test_what_cannot_be_measured_is_refused(words, said, monkeypatch, capsys):
    monkeypatch.setattr(program.sys, "argv", ["bench", *words])
    with pytest.raises(SystemExit, match="2"):
        program.main()
    assert said in capsys.readouterr().err


def test_without_names_all_are_measured(monkeypatch):
    measured = []
    monkeypatch.setattr(program, "measure", lambda *told: measured.append(told))
    monkeypatch.setattr(program.sys, "argv", ["bench"])

    assert program.main() == 0

    ((names, rounds),) = measured
    assert names == [*program.benches()]
    assert rounds >= program.ENOUGH
