"""What the site is built from: all pages in one folder, and ``docs/`` clean."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from mkdocs.exceptions import BuildError

from guide.decide import outcomes
from guide.decide.flow import FlowError
from guide.site import diagrams, hooks, parcels
from guide.site.stage import MERMAID, SiteError, stage
from guide.snippets.shown import pages

OUTCOME = "---\ntitle: Plain\ndescription: No more than it needs.\n---\n"


@pytest.fixture
def site(project, monkeypatch):
    """The small project, with an outcome; stages it and names the files."""
    made = {Path("all-no.md"): OUTCOME, Path("all-no.zip"): b"zip"}
    monkeypatch.setattr(outcomes, "files", lambda _root: made.items())
    made_too = {Path("docs/reference/pricing/shipping.zip"): b"zip"}
    monkeypatch.setattr(parcels, "files", lambda _root: made_too.items())
    monkeypatch.delenv(diagrams.LIVE, raising=False)
    folder = project.root / "build" / "docs"

    def staged():
        stage(folder, project.root)
        return files(folder)

    return SimpleNamespace(root=project.root, folder=folder, staged=staged)


def files(folder):
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_it_holds_the_written_pages_and_the_generated_ones(site):
    assert site.staged() == {
        "assets/search.json",
        "decide/outcomes/all-no.md",
        "decide/outcomes/all-no.zip",
        "reference/index.md",
        "reference/pricing/shipping.md",
        "reference/pricing/shipping.py",
        "reference/pricing/shipping.zip",
        "reference/pricing/shipping_broken.py",
        "topics/pricing/index.md",
    }
    assert files(site.root / "docs") == {"topics/pricing/index.md"}


def test_what_is_as_it_was_is_left_alone(site):
    site.staged()
    page = site.folder / "topics/pricing/index.md"
    module = site.folder / "reference/pricing/shipping.py"
    before = [path.stat().st_mtime_ns for path in (page, module)]
    (site.root / "docs/topics/pricing/index.md").write_text("# New\n")
    site.staged()
    assert page.read_text() == "# New\n"
    assert page.stat().st_mtime_ns > before[0]
    assert module.stat().st_mtime_ns == before[1]


def test_a_page_changes_with_the_module_it_shows(site):
    (site.root / "docs/topics/pricing/other.md").write_text("# Other\n")
    site.staged()
    folder = site.folder / "topics/pricing"
    pages = [folder / "index.md", folder / "other.md"]
    for page in pages:
        os.utime(page, (0, 0))
    module = site.root / "snippets/pricing/shipping.py"
    module.write_text(f"{module.read_text()}# changed\n")
    site.staged()
    assert [page.stat().st_mtime > 0 for page in pages] == [True, False]


def test_a_page_changes_with_the_record_it_plots(site):
    page = site.root / "docs/topics/pricing/speed.md"
    page.write_text("::: bench shipping\n")
    site.staged()
    staged = site.folder / "topics/pricing/speed.md"
    os.utime(staged, (0, 0))
    record = site.root / "docs/evidence/bench/shipping.json"
    record.parent.mkdir(parents=True)
    record.write_text("{}")
    site.staged()
    assert staged.stat().st_mtime > 0


def test_what_is_gone_is_staged_no_more(site):
    site.staged()
    (site.root / "snippets/pricing/shipping_broken.py").unlink()
    (site.root / "docs/topics/pricing/index.md").unlink()

    staged = site.staged()

    assert "reference/pricing/shipping_broken.py" not in staged
    assert "topics/pricing/index.md" not in staged


def test_what_a_build_left_in_docs_is_neither_staged_nor_read(site):
    before = site.staged()
    for left in ("reference/old.md", "decide/outcomes/old.md"):
        path = site.root / "docs" / left
        path.parent.mkdir(parents=True)
        path.write_text("::: snippet pricing.gone\n")
    (site.root / "docs/assets/vendor").mkdir(parents=True)
    (site.root / "docs/assets/vendor/mermaid.js").write_text("")

    assert site.staged() == before
    assert [page.name for page in pages(site.root)] == ["index.md"]


def test_mermaid_is_there_only_where_it_draws(site, monkeypatch):
    assert MERMAID.as_posix() not in site.staged()
    monkeypatch.setenv(diagrams.LIVE, "true")
    site.staged()
    engine = (site.folder / MERMAID).read_text()
    assert 'globalThis["mermaid"]' in engine[-200:]


@pytest.fixture
def unsound(monkeypatch):
    def refuse(_root: Path) -> None:
        raise FlowError("saga leads to nowhere")

    monkeypatch.setattr(outcomes, "files", refuse)
    return "docs/decide/flow.toml: saga leads to nowhere"


def test_a_flow_that_is_not_sound_is_one_sentence(site, unsound):
    (site.folder / "topics").mkdir(parents=True)
    with pytest.raises(SiteError) as refused:
        site.staged()
    assert str(refused.value) == unsound
    assert site.folder.exists()  # as it was


def test_mkdocs_is_told_that_it_is_not_sound_and_goes_on_serving(
    tmp_path, unsound
):
    """A BuildError ends a build, and of serving only the one."""
    with pytest.raises(BuildError, match=unsound):
        hooks.on_pre_build(SimpleNamespace(docs_dir=str(tmp_path)))


def test_serving_looks_at_what_is_staged_from_and_at_nothing_compiled(
    project, monkeypatch
):
    project.write("snippets/pricing/__pycache__/shipping.pyc", "")
    monkeypatch.setattr(hooks, "ROOT", project.root)
    watched, unwatched = set(), []
    server = SimpleNamespace(
        watch=lambda path, *, recursive: watched.add((Path(path), recursive)),
        unwatch=unwatched.append,
    )

    hooks.on_serve(server, config=SimpleNamespace(docs_dir="staged"))

    assert unwatched == ["staged"]
    folders = {"docs/topics/pricing", "snippets/pricing"}
    assert {(project.root / each, False) for each in folders} < watched
    assert not any("__pycache__" in path.parts for path, _ in watched)
