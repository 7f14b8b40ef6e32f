"""Foreign keys: those that no index of the whole table begins with."""

import importlib

import pytest
from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
    UniqueConstraint,
    func,
    text,
)

from snippets.database_patterns import models
from snippets.database_patterns.foreign_key_indexes import (
    unindexed_foreign_keys,
)


def found_with(*things):
    """In a table whose column ``buyer_id`` refers to another."""
    metadata = MetaData()
    Table("buyers", metadata, Column("id", primary_key=True))
    buyer_id = Column("buyer_id", ForeignKey("buyers.id"))
    Table("invoices", metadata, buyer_id, Column("day"), *things)
    return unindexed_foreign_keys(metadata)


def test_the_topics_models_have_none():
    found = unindexed_foreign_keys(models.InvoiceRow.metadata)

    assert [each for each in found if each.startswith("invoice")] == []


def test_the_twin_of_the_models_has_one():
    twin = importlib.import_module("snippets.database_patterns.models_broken")

    assert unindexed_foreign_keys(twin.InvoiceRow.metadata) == [
        "invoices (buyer_id)"
    ]


@pytest.mark.parametrize(
    "indexed",
    [
        Index("ix", "buyer_id"),
        Index("ix", "buyer_id", "day"),
        UniqueConstraint("buyer_id"),
        UniqueConstraint("buyer_id", "day"),
    ],
)
def test_an_index_that_begins_with_it_serves(indexed):
    assert found_with(indexed) == []


@pytest.mark.parametrize(
    "indexed",
    [
        Index("ix", "day", "buyer_id"),
        Index("ix", func.abs(text("buyer_id"))),
        Index("ix", "buyer_id", postgresql_where=text("day > '2026-01-01'")),
        UniqueConstraint("day", "buyer_id"),
    ],
)
def test_any_other_does_not(indexed):
    assert found_with(indexed) == ["invoices (buyer_id)"]


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_a_composite_key_may_be_indexed_in_any_order(order):
    metadata = MetaData()
    Table(
        "lines",
        metadata,
        Column("a", primary_key=True),
        Column("b", primary_key=True),
    )
    picks = Table(
        "picks",
        metadata,
        Column("a"),
        Column("b"),
        ForeignKeyConstraint(["a", "b"], ["lines.a", "lines.b"]),
    )
    assert unindexed_foreign_keys(metadata) == ["picks (a, b)"]

    Index("ix", *(picks.columns[name] for name in order))
    assert unindexed_foreign_keys(metadata) == []
