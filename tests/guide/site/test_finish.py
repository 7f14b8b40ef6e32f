"""What is done to a site when MkDocs has built it."""

import pytest

from guide.site.finish import finish

HEAD = """<html><head>
<link rel="stylesheet" href="{up}assets/stylesheets/main.css">
<link rel="canonical" href="http://a.test/">
<link rel="stylesheet" href="{up}assets/css/guide.css">
</head><body class="used"></body></html>
"""


@pytest.fixture
def site(tmp_path):
    files = {
        "index.html": HEAD.format(up=""),
        "topics/index.html": HEAD.format(up="../"),
        "404.html": HEAD.format(up="/"),
        "assets/stylesheets/main.css": ".used{top:0}.unused{top:0}",
        "assets/css/guide.css": ".used{top:1px}",
        "assets/javascripts/lunr/min/a.js": '"unused"',
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_every_page_has_the_one_stylesheet(site):
    finish(site)
    (sheet,) = site.rglob("*.css")
    assert sheet.read_text() == ".used{top:0;}.used{top:1px;}"
    for page, up in (
        ("index.html", ""),
        ("topics/index.html", "../"),
        ("404.html", "/"),
    ):
        html = (site / page).read_text()
        assert html.count('rel="stylesheet"') == 1
        assert f'href="{up}assets/{sheet.name}"' in html
        assert 'rel="canonical"' in html
    assert (
        f'"../assets/{sheet.name}"' in (site / "topics/index.html").read_text()
    )


def test_its_name_changes_with_what_it_says(site):
    finish(site)
    (before,) = site.rglob("*.css")
    copy = site / "assets/css/guide.css"
    copy.write_text(".used{top:2px}")
    (site / "assets/stylesheets/main.css").write_text("")
    (site / "index.html").write_text(HEAD.format(up=""))
    finish(site)
    after = {path.name for path in site.rglob("*.css")}
    assert len(after - {before.name}) == 1


@pytest.mark.parametrize(
    ("written", "valid"),
    [
        (
            '<input type="checkbox" id="a" autocomplete="off">',
            '<input type="checkbox" id="a">',
        ),
        (
            '<input type="search" autocomplete="off">',
            '<input type="search" autocomplete="off">',
        ),
        ('<label for="a" tabindex="">', '<label for="a">'),
        ('<label for="a" tabindex="0">', '<label for="a" tabindex="0">'),
        ('<label for="__toc">', "<label>"),
        (
            '<input id="__toc"><label for="__toc">',
            '<input id="__toc"><label for="__toc">',
        ),
    ],
)
def test_what_the_html_standard_does_not_allow_goes(tmp_path, written, valid):
    page = tmp_path / "index.html"
    (tmp_path / "assets").mkdir()
    page.write_text(f"<body>{written}</body>")
    finish(tmp_path)
    assert page.read_text() == f"<body>{valid}</body>"
