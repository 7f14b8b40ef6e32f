"""env.py, as a deployment runs it: ``alembic`` in a process of its own."""

from tests.snippets.database_patterns.migrating import History


def test_nothing_is_left_to_do_after_the_head(postgres_url):
    history = History(postgres_url)
    with history.process("upgrade", "head") as process:
        _, said = process.communicate()
    assert "Running upgrade 0007 -> 0008" in said

    with history.process("check") as process:
        said, errors = process.communicate()
    assert "No new upgrade operations" in said, errors
