"""PostgreSQL makes an index for a primary key, and for a foreign key none.

Without one, deleting a row, or finding what belongs to it, reads all of the
other table.
"""

from sqlalchemy import MetaData, PrimaryKeyConstraint, Table, UniqueConstraint


def unindexed_foreign_keys(metadata: MetaData) -> list[str]:
    """``table (column, …)`` for each foreign key that no index begins with.

    An index on some of the rows (``postgresql_where``) does not count.
    """
    found = []
    for table in metadata.sorted_tables:
        for key in table.foreign_key_constraints:
            columns = {*key.columns}
            begun = ({*index[: len(columns)]} for index in _indexes(table))
            if columns not in begun:
                found.append(f"{table} ({', '.join(key.column_keys)})")
    return sorted(found)


def _indexes(table: Table) -> list[list[object]]:
    """The columns, or expressions, of each index, in their order."""
    return [
        *(
            [*constraint.columns]
            for constraint in table.constraints
            if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint)
        ),
        *(
            [*index.expressions]
            for index in table.indexes
            if index.dialect_options["postgresql"]["where"] is None
        ),
    ]
