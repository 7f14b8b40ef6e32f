"""Full-text search: what is found, how, in which order, and hostile queries."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Column,
    Computed,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.code_style.storable_text import is_storable
from snippets.database_patterns import (
    full_text_search,
    full_text_search_broken,
)
from snippets.database_patterns.full_text_search import (
    ArticleTextRow,
    search_articles,
    web_query,
)
from tests.support.databases import UNSTORABLE
from tests.support.twins import fix_and_twin

both = pytest.mark.parametrize(
    "module", [full_text_search, full_text_search_broken]
)
ARTICLES = {
    "MUG": ("Blue mug", "Holds 500 ml of tea"),
    "CUP": ("Red cup", "Goes with the blue mug"),
    "TOWEL": ("Towel, 50% wool", "Dries what you washed"),
}


@pytest.fixture
async def session(engine):
    async with AsyncSession(engine) as session:
        for sku, (title, description) in ARTICLES.items():
            session.add(
                ArticleTextRow(sku=sku, title=title, description=description)
            )
        await session.commit()
        yield session


@fix_and_twin(
    "module",
    full_text_search,
    full_text_search_broken,
    "A search for 50% shows the mug of 500 ml as well",
)
async def test_percent_is_no_wildcard(session, module):
    assert await module.search_articles(session, "50%") == ["TOWEL"]


@fix_and_twin(
    "module",
    full_text_search,
    full_text_search_broken,
    "Each search takes longer as the shop grows: it reads every article",
)
async def test_a_search_reads_an_index(engine, session, module):
    statements = []
    event.listen(
        engine.sync_engine,
        "before_cursor_execute",
        lambda *arguments: statements.append(arguments[2:4]),
    )
    await module.search_articles(session, "mug")
    statement, parameters = statements[-1]
    connection = await session.connection()
    await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    plan = await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)

    steps = "".join(step for (step,) in plan)
    assert "Index Scan on ix_article_texts_search " in steps


@both
async def test_a_word_is_found_in_titles_and_descriptions(session, module):
    found = await module.search_articles(session, "mug")
    assert sorted(found) == ["CUP", "MUG"]


@pytest.mark.parametrize(
    ("words", "skus"),
    [
        ("mug", ["MUG", "CUP"]),  # a title before a description
        ("MUGS", ["MUG", "CUP"]),
        ("tea blue", ["MUG"]),
        ('"blue mug"', ["MUG", "CUP"]),
        ('"mug blue"', []),
        ("tea or wool", ["TOWEL", "MUG"]),
        ("mug -tea", ["CUP"]),
        ("washing", ["TOWEL"]),
        ("the", []),
        ("", []),
        ("%", []),
        ("-mug", []),
        ("mug or -tea", []),
        ("mug - tea", ["MUG"]),
    ],
)
async def test_what_people_type_is_found(session, words, skus):
    assert await search_articles(session, words) == skus


async def test_no_more_is_found_than_is_asked_for(session):
    assert await search_articles(session, "mug", limit=1) == ["MUG"]


async def test_of_equals_twenty_are_found_in_the_order_of_their_skus(session):
    skus = [f"POT-{number:02}" for number in range(25)]
    for sku in reversed(skus):
        session.add(ArticleTextRow(sku=sku, title="Pot", description=""))
    await session.flush()

    assert await search_articles(session, "pot") == skus[:20]


@pytest.mark.parametrize(("before", "skus"), [(197, ["MUG", "CUP"]), (198, [])])
async def test_a_query_has_two_hundred_characters(session, before, skus):
    assert await search_articles(session, " " * before + "mug") == skus


@pytest.mark.parametrize(("before", "found"), [(99_997, True), (99_998, False)])
async def test_of_a_description_a_hundred_thousand_are_indexed(
    session, before, found
):
    text = " " * before + "tin"
    session.add(ArticleTextRow(sku="POT", title="", description=text))
    await session.flush()

    assert (await search_articles(session, "tin") == ["POT"]) is found


async def test_what_changes_is_found_by_its_new_words(session):
    await session.execute(
        update(ArticleTextRow).filter_by(sku="MUG").values(title="Beaker")
    )
    assert await search_articles(session, "beaker") == ["MUG"]
    assert await search_articles(session, "mug") == ["CUP"]


async def test_loading_an_article_does_not_load_its_lexemes(session):
    session.expunge_all()
    article = await session.get_one(ArticleTextRow, "MUG")
    assert "search" not in article.__dict__


HOSTILE = [
    *UNSTORABLE,
    "'; drop table article_texts; --",
    "a & | ! ( ) : * <-> \\ '",
    ":*A",
    '"""',
    "--- --",
    "\N{PILE OF POO}\N{ZERO WIDTH JOINER}",
    "word " * 50_000,
    "or " * 100,
    "-" * 1_000,
    "- " * 100,
    "-!" * 100 + "mug",
]


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_hostile_query_is_no_error(session, words):
    assert await search_articles(session, words) == []


def test_no_text_is_an_error(postgres_url):
    """Asked of PostgreSQL at once; most of them are made of operators."""
    operators = st.sampled_from(["-", '"', " ", "!", "(", "or", "a", "-a", ":"])
    texts = st.one_of(
        st.builds(
            lambda some, times: "".join(some) * times,
            st.lists(operators, min_size=1, max_size=4),
            st.integers(1, 100),
        ),
        st.text(max_size=50).filter(is_storable),
    )
    url = postgres_url.replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url)
    with engine.connect() as connection:

        @settings(max_examples=80)
        @given(texts)
        def ask(words):
            connection.execute(select(web_query(words)))

        ask()
    engine.dispose()


async def test_postgresql_itself_refuses_some(session):
    query = func.websearch_to_tsquery("english", "-" * 33)
    with pytest.raises(DBAPIError, match="stack too small"):
        await session.scalar(select(query))


async def test_a_query_without_a_bound_can_be_an_error(session):
    query = func.websearch_to_tsquery("english", "word " * 40_000)
    with pytest.raises(DBAPIError, match="stack depth limit exceeded"):
        await session.scalar(select(query))


async def test_a_text_of_any_length_can_be_stored(session):
    """A tsvector holds a megabyte of words; what is behind is not found."""
    words = [f"word{number}" for number in range(300_000)]
    session.add(
        ArticleTextRow(sku="BIG", title="x" * 5000, description=" ".join(words))
    )
    await session.flush()

    assert await search_articles(session, "word42") == ["BIG"]
    assert await search_articles(session, "word299999") == []
    with pytest.raises(DBAPIError, match="too long for tsvector"):
        await session.scalar(
            select(func.to_tsvector("english", " ".join(words)))
        )


async def test_another_language_has_other_stems(session):
    match = text(
        "select to_tsvector(cast(:language as regconfig), 'Tassen')"
        " @@ websearch_to_tsquery(cast(:language as regconfig), 'Tasse')"
    )
    for language, found in [("german", True), ("english", False)]:
        assert await session.scalar(match, {"language": language}) is found


async def test_a_headline_is_not_safe_html(session):
    headline = func.ts_headline(
        "english",
        "<img src=x onerror=f()> mug",
        func.websearch_to_tsquery("english", "mug"),
    )
    assert await session.scalar(select(headline)) == (
        "<img src=x onerror=f()> <b>mug</b>"
    )


async def test_a_virtual_column_has_no_index(engine):
    """Which is what PostgreSQL 18 makes where nothing is said."""
    metadata = MetaData()
    Table(
        "virtual",
        metadata,
        Column("words", Text),
        Column(
            "search",
            TSVECTOR,
            Computed("to_tsvector('english', words)"),
            index=True,
        ),
    )
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="virtual generated columns"):
            await connection.run_sync(metadata.create_all)


async def test_like_with_its_wildcards_escaped_takes_them_for_text(session):
    found = await session.scalars(
        select(ArticleTextRow.sku).where(
            ArticleTextRow.title.icontains("50%", autoescape=True)
        )
    )
    assert list(found) == ["TOWEL"]
