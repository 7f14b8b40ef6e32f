"""The zips: exactly what an outcome needs, the same bytes each time, and
tests that pass wherever they are unpacked.
"""

import hashlib
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from guide import bundle
from guide.excerpts import ROOT, copy_along, find
from guide.flow import load
from guide.outcomes import files
from guide.requirements import installable
from tests.conftest import servers_key

OUTCOMES = list(load().outcomes())
RUN = Path(__file__).with_name("run_unpacked.py")
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
    project.write("snippets/pricing/rates_broken.py", "")
    project.write("tests/snippets/pricing/freeze.py", "")
    project.write("tests/snippets/pricing/conftest.py", "")
    project.write(
        "tests/snippets/pricing/test_rates.py",
        """
        PAGE = "docs/topics/pricing/rates.md"
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
        "snippets/pricing/rates_broken.py",
        "tests/__init__.py",
        "tests/snippets/pricing/conftest.py",
        "tests/snippets/pricing/freeze.py",
        "tests/snippets/pricing/test_rates.py",
    }


def fingerprint(path: Path) -> str:
    """Equal for a test file that would see the same bytes in another zip."""
    digest = hashlib.sha256()
    for part in bundle.closure([path]):
        digest.update(part.as_posix().encode())
        digest.update((ROOT / part).read_bytes())
    return digest.hexdigest()


@pytest.fixture
def server_urls(pytestconfig, redis_url) -> dict[str, str]:
    """The servers that are up, for processes that would start their own."""
    urls = pytestconfig.stash[servers_key].urls | {"redis": redis_url}
    return {f"{name.upper()}_URL": url for name, url in urls.items()}


@pytest.mark.timeout(240)
def test_each_of_the_sixteen_unpacked_anywhere_passes_its_tests(
    zips, tmp_path, server_urls
):
    """Every test of each zip is collected there. One that an earlier zip has
    run on the same bytes is not run again.
    """
    jobs, proven = [], set()
    for walk in OUTCOMES:
        with zipfile.ZipFile(io.BytesIO(zips[walk.slug])) as archive:
            archive.extractall(tmp_path)
        tests = bundle.mirrors(bundle.wanted(walk))
        known = [test for test in tests if fingerprint(test) in proven]
        proven |= {fingerprint(test) for test in tests}
        jobs.append(":".join([walk.slug, *(str(test) for test in known)]))

    result = subprocess.run(
        [sys.executable, "-P", RUN, *jobs],
        cwd=tmp_path,
        env=os.environ | server_urls,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout[-4000:] + result.stderr
    assert result.stdout.splitlines()[-1] == "16 of 16 passed"


def test_a_zip_whose_test_fails_is_noticed(tmp_path):
    for slug, line in (("good", "assert True"), ("bad", "assert False")):
        folder = tmp_path / slug
        folder.mkdir()
        (folder / "test_it.py").write_text(f"def test_it():\n    {line}\n")
        (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    result = subprocess.run(
        [sys.executable, "-P", RUN, "good", "bad"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "bad: pytest ended with 1" in result.stdout
    assert result.stdout.splitlines()[-1] == "1 of 2 passed"
