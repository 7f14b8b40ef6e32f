"""What a pasted snippet may import."""

from guide.snippets.requirements import installable, requirement


def test_a_requirement_is_named_with_its_extras():
    assert requirement("SQLAlchemy") == "sqlalchemy[asyncio]"


def test_what_dependencies_bring_along_is_installable():
    assert {"sqlalchemy", "greenlet", "starlette"} <= installable()


def test_tools_of_this_project_are_not():
    assert installable().isdisjoint({"pytest", "mkdocs", "ruff"})
