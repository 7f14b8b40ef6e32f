"""Titles that are like what was typed, for when a search finds nothing.

Words are alike if they share enough trigrams, which are groups of three
letters. The extension pg_trgm is PostgreSQL's own.
"""

from sqlalchemy import Connection, Index, Table, event, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ..code_style.storable_text import is_storable
from .full_text_search import LONGEST_QUERY, ArticleTextRow

ALIKE = "0.4"  # of the typed trigrams are in the title; 1 is all of them

Index(
    "ix_article_texts_trigrams",
    ArticleTextRow.title,
    postgresql_using="gin",
    postgresql_ops={"title": "gin_trgm_ops"},
)


@event.listens_for(
    ArticleTextRow.metadata.tables["article_texts"], "before_create"
)
def add_trigrams(_: Table, connection: Connection, **__: object) -> None:
    """What the index needs; in a migration, its first statement."""
    connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))


async def did_you_mean(
    session: AsyncSession, words: str, limit: int = 3
) -> list[str]:
    """Titles that are most like ``words``, the most alike first."""
    if not is_storable(words):
        return []
    typed, title = words[:LONGEST_QUERY], ArticleTextRow.title
    threshold = "pg_trgm.word_similarity_threshold"
    await session.execute(select(func.set_config(threshold, ALIKE, True)))
    found = await session.scalars(
        select(title)
        .where(title.bool_op("%>")(typed))
        .order_by(func.word_similarity(typed, title).desc(), title)
        .limit(limit)
    )
    return list(found)
