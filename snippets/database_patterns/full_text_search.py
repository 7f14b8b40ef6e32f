"""Full-text search in PostgreSQL: words, their stems, the best match first.

The text is cut into lexemes when it is written, into a generated column that
an index covers. What people type is a query by the rules of web search: "red
mug" in quotes, or, -cup.
"""

import re

from sqlalchemy import ColumnElement, Computed, Index, desc, func, select
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..code_style.storable_text import is_storable
from ..domain_driven_design.persistence import Base

ENGLISH = "english"  # the same for texts and queries: it says what a stem is
LONGEST_QUERY = 200  # characters
INDEXED = 100_000  # characters of a description; a tsvector has a limit
NOTHING_EXCLUDED = re.compile(r'-(?![\w"])')  # a minus before no word


class ArticleTextRow(Base):
    """What people search for: a title counts more than a description."""

    __tablename__ = "article_texts"
    __table_args__ = (
        Index("ix_article_texts_search", "search", postgresql_using="gin"),
    )

    sku: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    description: Mapped[str]
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            f"setweight(to_tsvector('{ENGLISH}', left(title, 1000)), 'A') ||"
            f"setweight(to_tsvector('{ENGLISH}', left(description, {INDEXED}))"
            ", 'B')",
            persisted=True,  # PostgreSQL 18 indexes no virtual column
        ),
        deferred=True,
    )


def web_query(words: str) -> ColumnElement[str]:
    """A query that PostgreSQL accepts, whatever was typed.

    At 33 minus signs in a row, it says "tsquery stack too small"; at 40,000
    words, "stack depth limit exceeded".
    """
    typed = NOTHING_EXCLUDED.sub(" ", words[:LONGEST_QUERY])
    return func.websearch_to_tsquery(ENGLISH, typed)


async def search_articles(
    session: AsyncSession, words: str, limit: int = 20
) -> list[str]:
    """SKUs of what has all the words, the best first.

    Nothing for a query that names no word, or only what must not be there:
    that would read the whole table.
    """
    if not is_storable(words):
        return []
    query = web_query(words)
    found = await session.scalars(
        select(ArticleTextRow.sku)
        .where(
            ArticleTextRow.search.bool_op("@@")(query),
            func.querytree(query) != "T",  # "T": no index can answer it
        )
        .order_by(
            desc(func.ts_rank(ArticleTextRow.search, query)),
            ArticleTextRow.sku,
        )
        .limit(limit)
    )
    return list(found)
