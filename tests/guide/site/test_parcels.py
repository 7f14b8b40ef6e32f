"""Zips of a module and of a quick start: complete, and the same each time."""

import io
import zipfile
from pathlib import Path

import pytest

from guide.decide.bundle import mirrors
from guide.layout import ROOT, is_copyable, modules
from guide.site import parcels
from guide.snippets.source import copy_along, read

OURS = ("guide", "servers", "snippets", "tests")


@pytest.fixture(scope="module")
def zips() -> dict[str, dict[str, bytes]]:
    """Each zip's entries, without the folder that holds them, by its path."""
    return {
        path.relative_to("docs").as_posix(): unpacked(path.stem, content)
        for path, content in parcels.files(ROOT)
    }


def unpacked(folder: str, content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {
            name.removeprefix(f"{folder}/"): archive.read(name)
            for name in archive.namelist()
        }


def test_every_module_that_can_be_copied_has_one(zips):
    copyable = {path for path in modules() if is_copyable(path)}
    names = {path.relative_to("snippets") for path in copyable}
    found = {name for name in zips if name.startswith("reference/")}
    assert found == {f"reference/{name.with_suffix('.zip')}" for name in names}


def test_it_holds_the_module_its_companions_and_its_tests(zips):
    path = Path("snippets/event_driven/saga_runner.py")
    held = zips["reference/event_driven/saga_runner.zip"]
    for each in (path, *copy_along(path), *mirrors([path])):
        assert held[each.as_posix()] == (ROOT / each).read_bytes()


def test_what_its_files_import_of_ours_is_in_it(zips):
    for name, entries in zips.items():
        held = {path for path in map(Path, entries) if path.suffix == ".py"}
        for path in held:
            for imported in read(path).siblings:
                assert imported in held, (name, path)
            for dotted in read(path).absolute_imports:
                if dotted.split(".")[0] in OURS:
                    assert is_held(dotted, held), (name, path, dotted)


def is_held(dotted: str, held: set[Path]) -> bool:
    """A module, a symbol of one, or a package."""
    path = Path(*dotted.split("."))
    files = (
        path.with_suffix(".py"),
        path.parent.with_suffix(".py"),
        path / "__init__.py",
        path.parent / "__init__.py",
    )
    return any(file in held for file in files)


def test_its_readme_says_what_to_copy_and_how_to_run_it(zips):
    entries = zips["reference/event_driven/saga.zip"]
    readme = entries["README.md"].decode()
    assert readme.startswith("# Saga: a transaction in steps")
    assert "`snippets/event_driven/saga.py`" in readme
    for path in copy_along(Path("snippets/event_driven/saga.py")):
        assert f"`{path.as_posix()}`" in readme
    alone = zips["reference/code_style/clock.zip"]["README.md"].decode()
    assert "It imports no other module" in alone
    assert {"requirements.txt", "pyproject.toml", "LICENSE"} <= {*entries}


def test_a_quick_start_is_a_zip_of_all_that_it_shows(zips):
    entries = zips["quick-start-events.zip"]
    for name in ("outbox_place_order", "relay", "inbox", "event_worker"):
        assert f"snippets/event_driven/{name}.py" in entries
        assert f"tests/snippets/event_driven/test_{name}.py" in entries
    assert "quick-start.zip" in zips


def test_the_home_page_links_each_quick_start():
    home = (ROOT / parcels.HOME).read_text()
    for name, _, paths in parcels.quick_starts(ROOT):
        assert f"](/{name}.zip)" in home
        assert len(paths) > 2
