"""The plot of a bench: small, the same each time, coloured by the page."""

import gzip
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from guide.evidence.bench import Case, load
from guide.layout import ROOT, benches
from guide.site import plot
from tests.guide.evidence.test_bench import RECORD

LARGEST = 4_000  # bytes, gzipped


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own drawing


def texts(svg: str) -> list[str]:
    return [each.text for each in parsed(svg).iter("text")]


def test_it_is_the_same_each_time():
    assert plot.svg(RECORD) == plot.svg(RECORD)


def test_it_has_a_name_and_says_in_words_what_it_shows():
    svg = parsed(plot.svg(RECORD))
    ids = {each.get("id"): each.text for each in svg.iter() if each.get("id")}

    assert svg.get("role") == "img"
    assert [ids[name] for name in svg.get("aria-labelledby").split()] == [
        "Shipping & more",
        "10 orders: paid takes 4.00 times free.",
    ]


def test_each_alternative_is_labelled_in_place():
    assert texts(plot.svg(RECORD))[-5:] == [
        *("ratio to free", "10 orders", "paid", "4.00", "free"),
    ]


def test_colours_fonts_and_dates_are_the_pages():
    svg = plot.svg(RECORD)
    assert not re.search(r"#|font|DejaVu|\d{4}-\d\d|matplotlib|xmlns", svg)
    classes = set(re.findall(r'class="(\w+)"', svg))
    assert classes == {"head", "ink", "soft", "mark", "grid"}


def test_the_baseline_is_the_coloured_one():
    svg = plot.svg(RECORD)
    assert svg.count('class="mark"') == 3  # all, middle half, median


@pytest.mark.parametrize(
    ("slowest", "ticks"),
    [
        (0.019, ["0", "4", "8", "12", "16 ms"]),
        (0.15, ["2", "5", "10", "20", "50", "100 ms"]),
        (1.5, ["0.01", "0.1", "1 s"]),
    ],
)
def test_figures_far_apart_stand_on_a_logarithmic_scale(slowest, ticks):
    case = Case("10", {"paid": [slowest, slowest], "free": [0.002, 0.002]})
    svg = plot.svg(replace(RECORD, cases=[case]))
    assert re.findall(r'class="soft"[^>]*>([\d.]+(?: m?s)?)<', svg) == ticks


def test_what_a_record_says_is_no_markup():
    record = replace(RECORD, title="<b>", cases=[Case("<i>", {"free": [1, 2]})])
    assert "<b>" not in plot.svg(record)
    assert "<i>" not in plot.svg(record)


@pytest.mark.parametrize("name", benches())
def test_those_of_the_site_are_small_and_within_their_frame(name):
    record = load(name, ROOT)
    if record is None:
        return
    svg = plot.svg(record)
    assert len(gzip.compress(svg.encode())) < LARGEST
    for x in re.findall(r"[ML] ([-\d.]+) ", svg):
        assert 0 <= float(x) <= plot.WIDTH
