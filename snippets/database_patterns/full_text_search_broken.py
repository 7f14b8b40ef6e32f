"""Broken: looks for what was typed as a pattern, in every row."""

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from .full_text_search import ArticleTextRow


async def search_articles(
    session: AsyncSession, words: str, limit: int = 20
) -> list[str]:
    pattern = f"%{words}%"
    found = await session.scalars(
        select(ArticleTextRow.sku)
        .where(
            or_(
                ArticleTextRow.title.ilike(pattern),
                ArticleTextRow.description.ilike(pattern),
            )
        )
        .order_by(ArticleTextRow.sku)
        .limit(limit)
    )
    return list(found)
