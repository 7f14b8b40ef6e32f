"""Lines: found at the cost of subjects, not of what waits in them."""

from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from snippets.event_driven.outbox_line import next_rows

EXPLAIN = "explain (analyze, format json)"
BACKLOG = 20_000


async def rows_read(engine, statement):
    """By all scans of the outbox."""
    compiled = statement.compile(
        dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
    )
    async with engine.connect() as connection:
        plan = await connection.scalar(text(f"{EXPLAIN} {compiled}"))

    def scanned(node):
        own = node.get("Relation Name") == "outbox"
        read = node["Actual Rows"] * node["Actual Loops"] if own else 0
        return read + sum(map(scanned, node.get("Plans", [])))

    return scanned(plan[0]["Plan"])


async def test_of_a_long_line_no_more_is_read_than_is_taken(engine):
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "insert into outbox (subject, sequence, event_id, envelope)"
                " select 'a', n, gen_random_uuid(), '{}'"
                f" from generate_series(1, {BACKLOG}) n"
            )
        )
        await connection.execute(text("analyze outbox"))

    assert await rows_read(engine, next_rows(["a"], 100)) == 100
