"""One package, one database: the tables of all topics stand in it together."""

import importlib
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, MetaData, Table, create_engine, inspect
from sqlalchemy.orm import DeclarativeBase

from guide.layout import is_copyable, module_name, modules


def metadatas() -> Iterator[MetaData]:
    """Of whatever a snippet defines, but for complete trees of their own."""
    for path in filter(is_copyable, modules()):
        if path.parts[1] != "project_structure":
            for value in vars(
                importlib.import_module(module_name(path))
            ).values():
                if isinstance(value, Table) or (
                    isinstance(value, type)
                    and issubclass(value, DeclarativeBase)
                    and value is not DeclarativeBase
                ):
                    yield value.metadata


@pytest.fixture(scope="module")
def all_metadata() -> list[MetaData]:
    return list({id(each): each for each in metadatas()}.values())


@pytest.fixture
def connection(postgres_url: str) -> Iterator[Connection]:
    engine = create_engine(
        postgres_url.replace("postgresql:", "postgresql+psycopg:")
    )
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def test_all_tables_are_created_together_and_again(connection, all_metadata):
    for _ in range(2):
        for metadata in all_metadata:
            metadata.create_all(connection)

    tables = [table for each in all_metadata for table in each.sorted_tables]
    there = inspect(connection)
    assert sorted(there.get_table_names()) == sorted(t.name for t in tables)
    for table in tables:
        found = {
            column["name"]: (
                column["nullable"],
                column["type"].compile(connection.dialect),
            )
            for column in there.get_columns(table.name)
        }
        assert found == {
            column.name: (
                column.nullable,
                column.type.compile(connection.dialect),
            )
            for column in table.columns
        }, table.name
        key = there.get_pk_constraint(table.name)["constrained_columns"]
        assert key == list(table.primary_key.columns.keys()), table.name
