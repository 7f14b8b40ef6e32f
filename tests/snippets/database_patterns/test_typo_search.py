"""Titles that are alike: typos, thresholds, the index, hostile queries."""

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.database_patterns.full_text_search import ArticleTextRow
from snippets.database_patterns.typo_search import did_you_mean
from tests.support.databases import UNSTORABLE


@pytest.fixture
async def session(engine):
    async with AsyncSession(engine) as session:
        for title in ("Blue mug", "Teapot of clay", "Towel, 50% wool"):
            session.add(ArticleTextRow(sku=title, title=title, description=""))
        await session.commit()
        yield session


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("mugg", "Blue mug"),
        ("muug", "Blue mug"),
        ("TEAPTO", "Teapot of clay"),
        ("tepot", "Teapot of clay"),
        ("towle", "Towel, 50% wool"),
        ("blau mug", "Blue mug"),
    ],
)
async def test_a_typo_finds_what_was_meant(session, typed, title):
    assert await did_you_mean(session, typed) == [title]


async def test_what_is_most_alike_comes_first(session):
    for title in ("Mugs of tin", "Mud flap"):
        session.add(ArticleTextRow(sku=title, title=title, description=""))
    found = await did_you_mean(session, "mugs", limit=2)
    assert found == ["Mugs of tin", "Blue mug"]


async def test_of_equals_three_are_found_in_their_order(session):
    for number in (4, 2, 3, 1, 5):
        title = f"Sieve {number}"
        session.add(ArticleTextRow(sku=title, title=title, description=""))
    found = await did_you_mean(session, "siev")
    assert found == ["Sieve 1", "Sieve 2", "Sieve 3"]


@pytest.mark.parametrize(
    "typed", ["", "%", "%%%", "_", "x", "sofa", "\\", *UNSTORABLE, "z" * 10**6]
)
async def test_what_is_like_nothing_finds_nothing(session, typed):
    assert await did_you_mean(session, typed) == []


async def test_a_search_reads_an_index(engine, session):
    statements = []
    event.listen(
        engine.sync_engine,
        "before_cursor_execute",
        lambda *arguments: statements.append(arguments[2:4]),
    )
    await did_you_mean(session, "mugg")
    statement, parameters = statements[-1]
    connection = await session.connection()
    await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    plan = await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)

    steps = "".join(step for (step,) in plan)
    assert "Index Scan on ix_article_texts_trigrams " in steps


async def test_the_threshold_ends_with_the_transaction(session):
    threshold = select(
        func.current_setting("pg_trgm.word_similarity_threshold")
    )
    await did_you_mean(session, "mugg")
    assert await session.scalar(threshold) == "0.4"
    await session.commit()
    assert await session.scalar(threshold) == "0.6"


async def test_the_index_serves_escaped_substrings_too(engine, session):
    async with engine.connect() as connection:
        await connection.execute(text("set local enable_seqscan = off"))
        plan = await connection.scalars(
            text(
                "explain select * from article_texts where title ilike '%pot%'"
            )
        )
        assert "ix_article_texts_trigrams" in "".join(plan)
