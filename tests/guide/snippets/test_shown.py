"""Pages: which snippets they show, and where."""

from pathlib import Path

from guide.snippets.shown import FLOW, Shown, shown


def test_snippets_are_found_with_page_and_line(project):
    page = Path("docs/topics/pricing/index.md")
    assert list(shown(project.root)) == [
        Shown(page, 3, "pricing.shipping:shipping_cost"),
        Shown(page, 6, "pricing.shipping_broken"),
    ]


def test_a_fence_shows_the_directive_itself(project):
    project.write(
        "docs/how.md",
        """
        ````markdown
        ```
        ::: snippet pricing.shipping
        ```
        ::: snippet pricing.shipping
        ````
        """,
    )
    assert all(item.page.name != "how.md" for item in shown(project.root))


def test_what_an_outcome_shows_is_shown_by_the_line_of_the_flow(project):
    project.write(
        "docs/decide/flow.toml",
        """
        [patterns.shipping]
        # Later: ["pricing.shipping_express"]
        title = "pricing.shipping"
        snippets = [
          "pricing.shipping:shipping_cost",
        ]
        snippets_if.abroad.yes = ["pricing.customs"]
        """,
    )
    found = [item for item in shown(project.root) if item.page == FLOW]
    assert found == [
        Shown(FLOW, 5, "pricing.shipping:shipping_cost"),
        Shown(FLOW, 7, "pricing.customs"),
    ]
