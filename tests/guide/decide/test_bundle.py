"""The zips: exactly what an outcome needs, the same bytes each time, and
tests that pass wherever they are unpacked.
"""

import io
import os
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from guide.decide import bundle
from guide.decide.flow import load
from guide.decide.outcomes import files
from guide.layout import ROOT
from guide.snippets.requirements import installable
from guide.snippets.source import copy_along, find
from tests.conftest import server_url, servers_key

OUTCOMES = list(load().outcomes())
RUN = Path(__file__).with_name("run_unpacked.py")
PARTS = 6  # of the runs of the unpacked zips, for as many workers
each_outcome = pytest.mark.parametrize(
    "walk", OUTCOMES, ids=lambda walk: walk.slug
)


@pytest.fixture(scope="module")
def zips() -> dict[str, bytes]:
    return {
        path.stem: content for path, content in files() if path.suffix == ".zip"
    }


def names(packed: bytes) -> set[str]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name.partition("/")[2] for name in archive.namelist()}


@each_outcome
def test_a_zip_has_the_shown_modules_their_siblings_and_tests(walk, zips):
    packed = names(zips[walk.slug])
    for step in walk.steps:
        for reference in walk.snippets(step.pattern):
            path = find(reference).path
            assert path.as_posix() in packed
            assert {sibling.as_posix() for sibling in copy_along(path)} < packed
            assert any(
                test.as_posix() in packed for test in bundle.mirrors([path])
            )


@each_outcome
def test_a_zip_has_no_module_that_nothing_needs(walk, zips):
    wanted = {path.as_posix() for path in bundle.wanted(walk)}
    packed = [
        name
        for name in names(zips[walk.slug])
        if name.startswith("snippets/") and not name.endswith("__init__.py")
    ]
    tests = bundle.mirrors(bundle.wanted(walk))
    needed = {path.as_posix() for path in bundle.closure(tests)}
    assert set(packed) <= wanted | needed


@each_outcome
def test_what_a_zip_imports_is_installed_by_its_requirements(walk):
    paths = bundle.files(walk)
    requirements = [*map(Requirement, bundle.distributions(paths))]
    allowed = installable(requirements)
    imported = {
        canonicalize_name(name)
        for path in paths
        if path.suffix == ".py"
        for name in bundle.read(path).distributions
    }
    assert imported <= allowed


def test_the_same_tree_gives_the_same_bytes(zips):
    again = dict(files())
    for slug, packed in zips.items():
        assert again[Path(f"{slug}.zip")] == packed


def test_entries_carry_no_time_and_are_sorted(zips):
    with zipfile.ZipFile(io.BytesIO(zips["all-no"])) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {bundle.EPOCH}
    assert [entry.filename for entry in entries] == sorted(
        entry.filename for entry in entries
    )


def test_the_constraints_are_the_versions_of_the_lock_and_name_no_host():
    pins = bundle.pins()
    lock = (ROOT / "requirements.lock").read_text()
    assert len(pins) > 50
    assert all(pin in lock for pin in pins)
    assert not any("hash" in pin or "\\" in pin for pin in pins)
    for pin in pins:
        Requirement(pin)


def test_what_a_test_names_comes_along(project):
    project.write("docs/topics/pricing/rates.md", "")
    project.write("snippets/pricing/rates.py", "")
    project.write("snippets/pricing/rates.toml", "")
    project.write("snippets/pricing/rates_broken.py", "")
    project.write("tests/snippets/pricing/freeze.py", "")
    project.write("tests/snippets/pricing/conftest.py", "")
    project.write(
        "tests/snippets/pricing/test_rates.py",
        """
        PAGE = "docs/topics/pricing/rates.md"
        SETTINGS = "snippets/pricing/rates.toml"
        PROCESS = "tests.snippets.pricing.freeze"
        load("rates_broken")
        """,
    )
    found = bundle.closure(
        [Path("tests/snippets/pricing/test_rates.py")], project.root
    )
    assert {path.as_posix() for path in found} == {
        "docs/topics/pricing/rates.md",
        "snippets/__init__.py",
        "snippets/pricing/__init__.py",
        "snippets/pricing/rates.toml",
        "snippets/pricing/rates_broken.py",
        "tests/__init__.py",
        "tests/snippets/pricing/conftest.py",
        "tests/snippets/pricing/freeze.py",
        "tests/snippets/pricing/test_rates.py",
    }


@pytest.fixture
def server_urls(pytestconfig, redis_url) -> dict[str, str]:
    """The servers that are up, for processes that would start their own."""
    with suppress(pytest.skip.Exception):  # what needs it is skipped there
        server_url(pytestconfig, "amqp")
    urls = pytestconfig.stash[servers_key].urls | {"redis": redis_url}
    return {f"{name.upper()}_URL": url for name, url in urls.items()}


@each_outcome
def test_what_a_zip_holds_of_the_repository_is_the_same_there(walk, zips):
    with zipfile.ZipFile(io.BytesIO(zips[walk.slug])) as archive:
        for path in bundle.files(walk):
            packed = archive.read(f"{walk.slug}/{path.as_posix()}")
            assert packed == (ROOT / path).read_bytes()


def one_zip_for_each_test_file() -> list[tuple[str, str]]:
    """Pairs of both, in as few zips as will do."""
    tests = {walk.slug: mirrors_of(walk) for walk in OUTCOMES}
    missing = set().union(*tests.values())
    pairs = []
    while missing:
        slug = max(tests, key=lambda slug: len(tests[slug] & missing))
        pairs += [(slug, test) for test in sorted(tests[slug] & missing)]
        missing -= tests[slug]
    return pairs


def mirrors_of(walk) -> set[str]:
    return {test.as_posix() for test in bundle.mirrors(bundle.wanted(walk))}


@pytest.fixture
def run_unpacked(zips, tmp_path, server_urls):
    """Unpack what the jobs name, and run them; each must pass."""

    def run_unpacked(jobs):
        for job in jobs:
            packed = zips[job.partition(":")[0]]
            with zipfile.ZipFile(io.BytesIO(packed)) as archive:
                archive.extractall(tmp_path)
        result = subprocess.run(
            [sys.executable, "-P", RUN, *jobs],
            cwd=tmp_path,
            env=os.environ | server_urls,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout[-4000:] + result.stderr
        last = result.stdout.splitlines()[-1]
        assert last == f"{len(jobs)} of {len(jobs)} passed"

    return run_unpacked


@pytest.mark.timeout(180)
@pytest.mark.parametrize("half", range(2))
def test_each_of_the_sixteen_unpacked_anywhere_imports_its_tests(
    run_unpacked, half
):
    """With its own files alone: pytest collects every test."""
    run_unpacked([walk.slug for walk in OUTCOMES[half::2]])


@pytest.mark.timeout(180)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_test_passes_in_a_zip_unpacked_anywhere(run_unpacked, part):
    """Each test file in one zip: in others it is the same, as is all it needs.

    Not those tests that kill a process at each of its crash points. They take
    most of the time, run in the suite, and are the same files here, byte by
    byte.
    """
    jobs: dict[str, list[str]] = {}
    for slug, test in one_zip_for_each_test_file()[part::PARTS]:
        jobs.setdefault(slug, []).append(test)
    run_unpacked([":".join([slug, *tests]) for slug, tests in jobs.items()])


def test_a_zip_whose_test_fails_is_noticed(tmp_path):
    for slug, text in (
        ("good", "def test_it(): pass"),
        ("bad", "def test_it(): raise AssertionError"),
        ("lacking", "import nowhere"),
    ):
        folder = tmp_path / slug
        folder.mkdir()
        (folder / "test_it.py").write_text(text)
        (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    jobs = ["good", "good:test_it.py", "bad:test_it.py", "lacking"]
    result = subprocess.run(
        [sys.executable, "-P", RUN, *jobs],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "bad: pytest ended with 1" in result.stdout
    assert "lacking: pytest ended with 2" in result.stdout
    assert result.stdout.splitlines()[-1] == "2 of 4 passed"
