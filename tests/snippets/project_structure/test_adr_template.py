"""The decision record has the parts of MADR 4.0.0, in its order."""

import re

from guide.layout import ROOT

TEMPLATE = ROOT / "snippets/project_structure/adr_template.md"
METADATA = ["status", "date", "decision-makers", "consulted", "informed"]
PARTS = [
    "Context and Problem Statement",
    "Decision Drivers",
    "Considered Options",
    "Decision Outcome",
    "Consequences",
    "Confirmation",
    "Pros and Cons of the Options",
    "More Information",
]


def test_it_starts_with_the_metadata():
    _, front_matter, _ = TEMPLATE.read_text().split("---\n")
    assert re.findall(r"^([\w-]+):", front_matter, re.MULTILINE) == METADATA


def test_it_has_the_parts_in_order():
    headings = re.findall(r"^###? (\w.*)$", TEMPLATE.read_text(), re.MULTILINE)
    assert headings == PARTS
