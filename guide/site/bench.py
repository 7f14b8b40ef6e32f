"""The figure of one bench: plot, numbers, and what was measured on what."""

from html import escape

from guide.evidence.bench import NOT_MEASURED, Record, calls, conditions, table
from guide.layout import RECORDS
from guide.site import plot


def figure(record: Record | None) -> str:
    """The HTML; without a record it says that nothing was measured."""
    if record is None:
        return NOT_MEASURED
    return (
        '<figure class="bench">'
        f"<figcaption>{escape(record.title)}</figcaption>"
        f'<div class="bench__plot">{plot.svg(record)}</div>'
        f"{table(record)}{calls(record)}"
        f'<p class="bench__how">{conditions(record)}</p></figure>'
    )


def links(name: str, record: Record | None) -> tuple[str, str]:
    """Markdown of the links below it, and what their paragraph is."""
    found = f"[How it is measured][bench-{name}]"
    if record:
        address = RECORDS.relative_to("docs").as_posix()
        found += f", [every round](/{address}/{name}.json)"
    return found, "{ .bench__links }"
