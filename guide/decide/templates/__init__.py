"""The templates of the decision guide's pages, records and zips."""

from pathlib import Path

from jinja2 import Template

from guide.decide.flow import left_out
from guide.templates import environment

ENVIRONMENT = environment(Path(__file__).parent, left_out=left_out)


def template(name: str) -> Template:
    return ENVIRONMENT.get_template(name)
