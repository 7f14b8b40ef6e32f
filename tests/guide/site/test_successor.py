"""What is compared between two builds of the site."""

from guide.site.successor import compared


def write(folder, pages):
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"<nav>{folder.name}</nav><article>{text}</article>")


def test_pages_that_are_missing_or_say_something_else_are_named(tmp_path):
    first, second = tmp_path / "mkdocs", tmp_path / "zensical"
    same = {"index.html": "<p>one <b>two</b></p><script>a()</script>"}
    write(first, same | {"a/index.html": "three", "b/index.html": ""})
    write(
        second,
        {
            "index.html": "<div>one\n<i>two</i></div><script>b()</script>",
            "a/index.html": "four",
            "c/index.html": "",
        },
    )
    assert list(compared(first, second)) == [
        "b/index.html: only MkDocs has it",
        "c/index.html: only Zensical has it",
        "a/index.html: it does not say the same",
    ]
