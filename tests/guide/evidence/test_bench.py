"""Records of benches: what is stored, what is made of it, what is refused."""

import json
from dataclasses import replace

import pytest

from guide.evidence.bench import (
    Case,
    Environment,
    Record,
    Spread,
    UnknownBenchError,
    calls,
    conditions,
    load,
    number,
    sentences,
    table,
)

QUIET = Environment(
    "3.11.7", "18.6", {"SQLAlchemy": "2.1.9"}, 2, 0.1, {"fsync": "off"}
)
RECORD = Record(
    name="free-shipping",
    title="Shipping & more",
    what="Orders on loopback.",
    baseline="free",
    recorded="2026-11-28",
    environment=QUIET,
    cases=[
        Case(
            "10 orders",
            {"paid": [0.004, 0.012, 0.008], "free": [0.002, 0.003, 0.002]},
        )
    ],
)


@pytest.fixture
def bench(project):
    project.write("tests/bench/pricing/free_shipping.py", "")
    return project


def test_what_was_saved_is_loaded_again(bench):
    path = RECORD.save(bench.root)

    assert path == bench.root / "docs/evidence/bench/free-shipping.json"
    assert load("free-shipping", bench.root) == RECORD


def test_a_sample_takes_no_line_of_its_own(bench):
    assert (
        '"paid": [ 0.004, 0.012, 0.008 ],'
        in RECORD.save(bench.root).read_text()
    )


def test_without_a_record_nothing_was_measured(bench):
    assert load("free-shipping", bench.root) is None


def test_what_is_no_bench_is_refused_even_with_a_record(project):
    RECORD.save(project.root)
    with pytest.raises(UnknownBenchError, match="no bench free-shipping"):
        load("free-shipping", project.root)


@pytest.mark.parametrize(
    "change",
    [
        {"cases": [{"label": "10", "seconds": {"paid": [1, 2]}}]},
        {"cases": [{"label": "10", "seconds": {"free": [0, 0]}}]},
        {"cases": [{"label": "10", "seconds": {"free": [1]}}]},
        {"cases": [{"label": "10", "seconds": {"a": [1, 2], "free": [1]}}]},
        {"host": "localhost"},
        {"environment": {}},
    ],
)
def test_a_record_that_says_something_else_is_refused(bench, change):
    path = RECORD.save(bench.root)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UnknownBenchError, match=r"free-shipping\.json is no"):
        load("free-shipping", bench.root)


def test_what_is_no_json_is_refused(bench):
    RECORD.save(bench.root).write_text("<<<<<<< HEAD")
    with pytest.raises(UnknownBenchError):
        load("free-shipping", bench.root)


def test_a_ratio_is_taken_round_by_round():
    (case,) = RECORD.cases
    assert RECORD.ratio(case, "paid") == Spread(2, 3, 4, 4, 4)


def test_a_slow_hour_of_the_machine_changes_no_ratio():
    (case,) = RECORD.cases
    slow = [1, 9, 1]
    slowed = replace(
        case,
        seconds={
            label: [one * by for one, by in zip(taken, slow, strict=True)]
            for label, taken in case.seconds.items()
        },
    )
    assert RECORD.ratio(slowed, "paid").middle == pytest.approx(4)


def test_of_what_is_counted_a_second_more_is_more():
    record = replace(RECORD, per_second="orders")
    case = replace(record.cases[0], units=10)

    assert record.unit == (1, "orders/s")
    assert record.values(case, "free") == pytest.approx(
        [5000, 10 / 0.003, 5000]
    )
    assert record.ratio(case, "paid").middle == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("factor", "unit"), [(1000, "s"), (1, "ms"), (0.001, "µs"), (1e-9, "µs")]
)
def test_times_are_told_in_a_unit_that_can_be_read(factor, unit):
    case = Case("10", {"free": [0.008 * factor] * 2})
    assert replace(RECORD, cases=[case]).unit[1] == unit


def test_the_table_has_a_row_for_each_alternative():
    rows = table(RECORD).split("<tr>")
    assert len(rows) == 4
    assert "Least, ms" in rows[1]
    assert (
        '<th scope="row">10 orders: paid</th><td>4.00</td><td>8.00</td>'
        "<td>6.00 to 10.0</td><td>4.00 (3.00 to 4.00)</td>"
    ) in rows[2]
    assert rows[3].endswith("<td>1</td></tr></tbody></table>")


def test_the_sentence_says_what_the_plot_shows():
    assert [*sentences(RECORD)] == ["10 orders: paid takes 4.00 times free."]
    assert [*sentences(replace(RECORD, per_second="orders"))] == [
        "10 orders: paid reaches 0.25 times free."
    ]


def test_one_line_says_what_was_measured_on_what():
    assert conditions(RECORD) == (
        "Orders on loopback. 3 rounds, in each every alternative once; ratios "
        "are of one round. PostgreSQL 18.6 (fsync off), Python 3.11.7, "
        "SQLAlchemy 2.1.9, 2 processors; 2026-11-28."
    )


@pytest.mark.parametrize(("load", "busy"), [(1.0, False), (1.1, True)])
def test_a_busy_machine_is_told_of(load, busy):
    record = replace(RECORD, environment=replace(QUIET, load=load))
    assert ("The machine was busy" in conditions(record)) is busy


def test_calls_are_shown_where_they_were_counted():
    counted = {"rules": {"paid": 1200.4, "free": 20}}
    assert calls(RECORD) == ""
    assert (
        '<th scope="row">all of Python</th><td>1,200</td><td>20</td>'
        in calls(replace(RECORD, calls=counted))
    )


def test_what_a_record_says_is_no_markup():
    record = replace(
        RECORD,
        what="<b>",
        baseline="<free>",
        cases=[Case("<10>", {"<free>": [1, 2]})],
        calls={"<rules>": {"<free>": 1}},
    )
    shown = table(record) + calls(record) + conditions(record)
    assert not [each for each in ("<b>", "<free", "<10", "<r") if each in shown]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (123456, "123,456"),
        (99.96, "100"),
        (12.34, "12.3"),
        (9.999, "10.0"),
        (1.234, "1.23"),
        (0.9996, "1.00"),
        (0.25, "0.25"),
        (0.0004, "0"),
    ],
)
def test_a_number_has_three_digits_that_count(value, text):
    assert number(value) == text
