"""The checklist extension."""

from markdown import markdown


def page(text: str) -> str:
    return markdown(text, extensions=["guide.site.checklist"]).replace("\n", "")


def test_an_item_of_a_checklist_loses_its_brackets():
    assert page("- [ ] Commit is *one* line.\n- Plain.") == (
        '<ul><li class="check">Commit is <em>one</em> line.</li>'
        "<li>Plain.</li></ul>"
    )


def test_items_apart_are_items_too():
    assert page("- [ ] One.\n\n- [ ] Two.") == (
        '<ul><li class="check"><p>One.</p></li>'
        '<li class="check"><p>Two.</p></li></ul>'
    )


def test_brackets_elsewhere_stay():
    assert page("- An [ ] inside.\n\n[ ] A paragraph.").count("[ ]") == 2
