"""The quick starts of the home page, done to the letter: the files that the
captions name, the program of the page, and what its ``pip install`` brings.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from guide.layout import ROOT
from guide.site.directives import distributions
from guide.snippets.requirements import installable, requirement
from guide.snippets.shown import DIRECTIVE
from guide.snippets.source import Excerpt, copy_along, find, read
from servers.ports import reserved_port
from servers.server import listens
from tests.support.process import running
from tests.support.until import until

TEA = "insert into products values ('TEA-1', 4.90, 'EUR')"
TABLE_IS_THERE = "select to_regclass('payments')"
INSTALLED_ONLY = """
import json, sys
absent = set(json.loads(sys.argv[1]))
class InstalledOnly:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, InstalledOnly())
"""


@dataclass(frozen=True)
class QuickStart:
    """What a section of the home page shows and says."""

    shown: tuple[Excerpt, ...]
    install: tuple[str, ...]
    program: str

    @property
    def files(self) -> set[Path]:
        """The modules shown, and those that their captions name."""
        paths = {excerpt.path for excerpt in self.shown}
        return {one for path in paths for one in (path, *copy_along(path))}

    @property
    def needs(self) -> set[str]:
        """What their captions say to install."""
        return {
            requirement(name)
            for excerpt in self.shown
            for name in distributions(excerpt)
        }


@cache
def quick_start(anchor: str) -> QuickStart:
    page = (ROOT / "docs" / "index.md").read_text()
    section = page.partition(f"{{ #{anchor} }}")[2].partition("\n## ")[0]
    script = re.search(r"```sh\n(.*?)```", section, re.DOTALL)[1]
    pip, _, python = script.partition("\n")
    return QuickStart(
        tuple(
            find(match["reference"])
            for match in map(DIRECTIVE.match, section.splitlines())
            if match
        ),
        tuple(shlex.split(pip)[2:]),
        shlex.split(python)[2],
    )


def absent(installed: tuple[str, ...]) -> list[str]:
    """What an environment with nothing else cannot import."""
    there = installable(map(Requirement, installed))
    return [
        name
        for name, owners in packages_distributions().items()
        if not any(canonicalize_name(owner) in there for owner in owners)
    ]


@contextmanager
def started(
    start: QuickStart, package: Path, database_url: str
) -> Iterator[subprocess.Popen]:
    """Its program, beside its files, where only that is installed."""
    for path in start.files:
        pasted = package.joinpath(*path.parts[1:])
        pasted.parent.mkdir(parents=True, exist_ok=True)
        pasted.write_text(read(path).text)
    with running(
        [
            *[sys.executable, "-c", INSTALLED_ONLY + start.program],
            json.dumps(absent(start.install)),
        ],
        cwd=package.parent,
        env=os.environ | {"DATABASE_URL": database_url},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.terminate()


each = pytest.mark.parametrize(
    ("anchor", "besides"),
    [("quick-start", {"uvicorn"}), ("quick-start-events", set())],
)


@each
def test_it_installs_what_the_captions_name(anchor, besides):
    start = quick_start(anchor)
    brought = installable(map(Requirement, start.install))

    assert {
        canonicalize_name(Requirement(n).name) for n in start.needs
    } <= brought
    assert {*start.install} <= start.needs | besides


@pytest.fixture
def handed_out(postgres_url):
    """A database URL as hosts hand it out."""
    return f"{postgres_url}?sslmode=prefer&connect_timeout=10"


@pytest.fixture
def port():
    with reserved_port() as port:
        yield port


def test_the_pasted_files_take_an_order(
    tmp_path, postgres_url, handed_out, port
):
    start = quick_start("quick-start")
    here = replace(start, program=start.program.replace("8080", str(port)))
    order = {"customer_id": str(uuid4()), "quantities": {"TEA-1": 2}}

    with started(here, tmp_path / "service", handed_out) as service:
        address = f"http://127.0.0.1:{port}"
        until(lambda: listens(address), service)
        refused = httpx.post(f"{address}/orders", json=order)
        with psycopg.connect(postgres_url) as connection:
            connection.execute(TEA)
        taken = httpx.post(f"{address}/orders", json=order)

    assert refused.status_code == 422
    assert taken.status_code == 201
    assert taken.json()["total"] == "9.80"


def test_the_pasted_files_charge_an_order(tmp_path, postgres_url, handed_out):
    start = quick_start("quick-start-events")

    with started(start, tmp_path / "service", handed_out) as service:
        charged = until(lambda: charges(postgres_url), service)

    assert charged == [(980,)]


def test_both_are_followed_in_one_package_and_one_database(
    tmp_path, postgres_url, handed_out, port
):
    first = quick_start("quick-start")
    second = quick_start("quick-start-events")
    here = replace(first, program=first.program.replace("8080", str(port)))
    order = {"customer_id": str(uuid4()), "quantities": {"TEA-1": 2}}
    package = tmp_path / "service"
    address = f"http://127.0.0.1:{port}"

    with started(here, package, handed_out) as service:
        until(lambda: listens(address), service)
        with psycopg.connect(postgres_url) as connection:
            connection.execute(TEA)
    with started(second, package, handed_out) as worker:
        until(lambda: charges(postgres_url), worker)
    with started(here, package, handed_out) as service:
        until(lambda: listens(address), service)
        taken = httpx.post(f"{address}/orders", json=order)

    assert taken.status_code == 201
    assert charges(postgres_url) == [(980,)]


def charges(postgres_url):
    with psycopg.connect(postgres_url) as connection:
        if connection.execute(TABLE_IS_THERE).fetchone() == (None,):
            return []
        return connection.execute("select cents from payments").fetchall()
