"""A plot of one bench: drawn when the site is built, coloured by the page.

A line reaches over the middle half of the rounds, a thin one from the least to
the most; the mark is the median. Each is labelled in place, so there is neither
a legend nor a meaning that colour alone has.
"""

import io
import re
from collections.abc import Iterator
from html import escape
from xml.etree import ElementTree as ET

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

from guide.evidence.bench import Case, Record, Spread, number, sentences

WIDTH, MARGIN = 400, 8  # points, as all lengths here
CASE, ROW, AXIS = 24, 32, 24
FONT = 12
WIDE = 10  # the most over the least from which the scale is logarithmic
EDGE = 0.08  # of the width, in which a label would not fit around its tick
LEGIBLE = 0.8  # of its natural size
# Each colour stands for a class, which gets its colour from the stylesheet.
HEAD, INK, SOFT, MARK, GRID = (f"#00000{number}" for number in range(1, 6))
CLASSES = {
    HEAD: "head",
    INK: "ink",
    SOFT: "soft",
    MARK: "mark",
    GRID: "grid",
}
COLOUR = re.compile(r"#00000\d")
STYLE = re.compile(r"(stroke-width|text-anchor): ([\w.]+)")
FRACTION = re.compile(r"-?\d+\.\d+")


def svg(record: Record) -> str:
    """The drawing, for the HTML of a page."""
    settings = {
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": "bench",
        "font.family": "DejaVu Sans",  # comes with matplotlib
        "font.size": FONT,
        "path.simplify": False,
    }
    file = io.StringIO()
    with rc_context(settings):  # type: ignore[arg-type]  # wants literal keys
        drawing(record).savefig(file, format="svg", metadata={"Date": None})
    return compact(file.getvalue(), record)


def drawing(record: Record) -> Figure:
    rows = sum(len(case.seconds) for case in record.cases)
    inner = CASE * len(record.cases) + ROW * rows
    height = inner + AXIS
    figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72)
    axes = figure.add_axes(
        (MARGIN / WIDTH, AXIS / height, 1 - 2 * MARGIN / WIDTH, inner / height)
    )
    axes.set_axis_off()
    axes.set_ylim(inner, 0)
    scale(axes, record)
    top = 0
    write(axes, 1, CASE - 7, f"ratio to {record.baseline}", SOFT, ha="right")
    for case in record.cases:
        write(axes, 0, top + CASE - 7, case.label, HEAD)
        top += CASE
        for label in case.seconds:
            draw(axes, record, case, label, top)
            top += ROW
    return figure


def scale(axes: Axes, record: Record) -> None:
    """Logarithmic where figures lie far apart, and else from nothing."""
    spreads = [
        Spread.of(record.values(case, label))
        for case in record.cases
        for label in case.seconds
    ]
    least = min(spread.least for spread in spreads)
    most = max(spread.most for spread in spreads)
    if most > WIDE * least:
        axes.set_xscale("log")
        axes.set_xlim(least / 1.1, most * 1.1)
        is_short = most < WIDE**2 * least
        axes.xaxis.set_major_locator(
            LogLocator(subs=(1, 2, 5) if is_short else (1,), numticks=9)
        )
    else:
        axes.set_xlim(0, most * 1.03)
        axes.xaxis.set_major_locator(MaxNLocator(5))
    low, high = axes.get_xlim()
    ticks = [
        tick for tick in map(float, axes.get_xticks()) if low <= tick <= high
    ]
    for tick in ticks:
        unit = f" {record.unit[1]}" if tick == ticks[-1] else ""
        draw_tick(axes, tick, f"{tick:,.9g}{unit}")


def draw_tick(axes: Axes, tick: float, label: str) -> None:
    """A line from top to bottom; the label stays within the drawing."""
    bottom, _ = axes.get_ylim()
    axes.plot([tick, tick], [0, bottom], color=GRID, lw=1)
    (place, _) = axes.transAxes.inverted().transform(
        axes.transData.transform((tick, 0))
    )
    side = "left" if place < EDGE else "right" if place > 1 - EDGE else "center"
    axes.text(tick, bottom + FONT + 4, label, color=SOFT, ha=side)


def draw(
    axes: Axes, record: Record, case: Case, label: str, top: float
) -> None:
    """A label, its ratio at the right, and below them how it spread."""
    spread = Spread.of(record.values(case, label))
    is_baseline = label == record.baseline
    colour, y = (MARK if is_baseline else INK), top + 22
    write(axes, 0, top + 12, label, INK)
    if not is_baseline:
        ratio = number(record.ratio(case, label).middle)
        write(axes, 1, top + 12, ratio, INK, ha="right")
    axes.plot([spread.least, spread.most], [y, y], color=colour, lw=1)
    axes.plot([spread.lower, spread.upper], [y, y], color=colour, lw=4)
    middle = [spread.middle, spread.middle]
    axes.plot(middle, [y - 6, y + 6], color=colour, lw=2.5)


def write(  # noqa: PLR0913, PLR0917 - what any text needs
    axes: Axes, x: float, y: float, text: str, colour: str, ha: str = "left"
) -> None:
    """``x`` is 0 at the left and 1 at the right."""
    axes.text(
        x, y, text, color=colour, ha=ha, transform=axes.get_yaxis_transform()
    )


def compact(text: str, record: Record) -> str:
    """Matplotlib's SVG without what the page's stylesheet says, with a name
    and a description; its ids are unique on a page.
    """
    root = ET.fromstring(text)  # noqa: S314 - made by matplotlib, from numbers
    name = f"bench-{record.name}"
    box = root.attrib["viewBox"]
    return (
        f'<svg viewBox="{box}" role="img" '
        f'aria-labelledby="{name}-title {name}-text" '
        f'style="max-width:{1.5 * WIDTH:.0f}px;'
        f'min-width:{LEGIBLE * WIDTH:.0f}px">'
        f'<title id="{name}-title">{escape(record.title)}</title>'
        f'<desc id="{name}-text">{escape(" ".join(sentences(record)))}</desc>'
        f"{''.join(shapes(root))}</svg>"
    )


def shapes(root: ET.Element) -> Iterator[str]:
    """Lines and texts that have one of our colours."""
    for element in root.iter():
        style = element.get("style", "")
        if not (colour := COLOUR.search(style)):
            continue
        given = {"class": CLASSES[colour[0]], **dict(STYLE.findall(style))}
        tag = element.tag.rpartition("}")[2]
        given |= {
            key: FRACTION.sub(rounded, " ".join(element.attrib[key].split()))
            for key in ("d", "x", "y")
            if key in element.attrib
        }
        attributes = "".join(
            f' {key}="{value}"'
            for key, value in given.items()
            if (key, value) != ("text-anchor", "start")
        )
        yield f"<{tag}{attributes}>{escape(element.text or '')}</{tag}>"


def rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.1f}".removesuffix(".0")
