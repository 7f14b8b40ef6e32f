"""Third-party files that the site serves itself."""

import os

from guide.site.assets import MERMAID, prepare


def test_mermaid_is_copied_from_its_wheel(tmp_path):
    prepare(tmp_path)
    assert 'globalThis["mermaid"]' in (tmp_path / MERMAID).read_text()[-200:]


def test_a_copy_that_is_the_same_is_left_alone(tmp_path):
    prepare(tmp_path)
    os.utime(tmp_path / MERMAID, (1, 1))
    prepare(tmp_path)
    assert (tmp_path / MERMAID).stat().st_mtime == 1


def test_a_copy_that_differs_is_replaced(tmp_path):
    (tmp_path / MERMAID).parent.mkdir(parents=True)
    (tmp_path / MERMAID).write_text("old")
    prepare(tmp_path)
    assert (tmp_path / MERMAID).stat().st_size > 1_000_000
