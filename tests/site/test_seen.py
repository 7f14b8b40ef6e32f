"""A page that was found good is known until something about it changes."""

import pytest

from tests.site import seen


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.setattr(seen, "SEEN", tmp_path / "seen")
    monkeypatch.delenv("CI", raising=False)
    write(tmp_path, "index.html", '<p>Text</p><p class="verified">Monday</p>')
    write(tmp_path, "assets/guide.css", "p { color: red }")
    seen.remember(tmp_path, "/")
    return tmp_path


def write(site, name, text):
    (site / name).parent.mkdir(exist_ok=True)
    (site / name).write_text(text)
    seen._surroundings.cache_clear()


def test_the_same_page_is_known_whenever_it_was_verified(site):
    assert seen.is_known(site, "/")
    write(site, "index.html", '<p>Text</p><p class="verified">Friday</p>')
    assert seen.is_known(site, "/")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("index.html", '<p>Other</p><p class="verified">Monday</p>'),
        ("assets/guide.css", "p { color: pink }"),
        ("assets/new.js", "1"),
    ],
)
def test_another_page_style_or_script_is_not(site, name, text):
    write(site, name, text)
    assert not seen.is_known(site, "/")


def test_in_ci_no_page_is_known(site, monkeypatch):
    monkeypatch.setenv("CI", "true")
    assert not seen.is_known(site, "/")
