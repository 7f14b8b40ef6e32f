"""The stairway test: each revision up, down and up again, one after another.

A downgrade that nobody has run is a guess, and the night it is needed is the
wrong time to find out.
"""

from collections.abc import Callable

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory


def stairway(config: Config, schema: Callable[[], frozenset[str]]) -> None:
    """Climb from an empty database to the head; ``schema`` describes it.

    Raises:
        AssertionError: two revisions follow one, or a downgrade does not lead
            back to what was there before; the message says where.
    """
    history = [*ScriptDirectory.from_config(config).walk_revisions()]
    heads = [each.revision for each in history if each.is_head]
    if len(heads) > 1 or any(each.is_merge_point for each in history):
        raise AssertionError(f"Not one line: heads are {heads}")
    before = schema()
    for revision in reversed(history):
        command.upgrade(config, revision.revision)
        after = schema()
        command.downgrade(config, str(revision.down_revision or "base"))
        if left := schema() ^ before:
            raise AssertionError(f"{revision.revision} leaves: {sorted(left)}")
        command.upgrade(config, revision.revision)
        if left := schema() ^ after:
            raise AssertionError(f"{revision.revision} differs: {sorted(left)}")
        before = after
