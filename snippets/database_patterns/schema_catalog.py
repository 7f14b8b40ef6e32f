"""What a schema is made of, in PostgreSQL's own words: two can be compared.

Alembic compares what it knows of: neither the values of an enum, nor CHECK
constraints, nor triggers. PostgreSQL describes all of them.
"""

from sqlalchemy import Connection, MetaData, text

# Of the first schema of search_path. Nothing of Alembic's own table.
CATALOG = text("""
WITH tables AS (
    SELECT oid, relname FROM pg_class
    WHERE relnamespace = quote_ident(current_schema())::regnamespace
        AND relkind IN ('r', 'p') AND NOT relispartition
        AND relname <> 'alembic_version'
)
SELECT format('column %s.%s %s', relname, attname, concat_ws(' ',
    format_type(atttypid, atttypmod),
    CASE WHEN attnotnull THEN 'not null' END,
    'default ' || pg_get_expr(adbin, adrelid),
    'identity ' || nullif(attidentity::text, ''),
    'generated ' || nullif(attgenerated::text, '')
))
FROM pg_attribute JOIN tables ON tables.oid = attrelid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND NOT attisdropped
UNION ALL
SELECT format('constraint %s.%s %s', relname, conname,
    pg_get_constraintdef(pg_constraint.oid, true))
FROM pg_constraint JOIN tables ON tables.oid = conrelid WHERE contype <> 'n'
UNION ALL
SELECT concat(pg_get_indexdef(indexrelid, 0, true),
    CASE WHEN NOT indisvalid THEN ' INVALID' END)
FROM pg_index JOIN tables ON tables.oid = indrelid
UNION ALL
SELECT pg_get_triggerdef(pg_trigger.oid, true)
FROM pg_trigger JOIN tables ON tables.oid = tgrelid WHERE NOT tgisinternal
UNION ALL
SELECT format('function %s(%s) %s', proname,
    pg_get_function_arguments(oid), prosrc)
FROM pg_proc WHERE pronamespace = quote_ident(current_schema())::regnamespace
UNION ALL
SELECT format('enum %s %s', typname,
    string_agg(enumlabel, ', ' ORDER BY enumsortorder))
FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid
WHERE typnamespace = quote_ident(current_schema())::regnamespace
GROUP BY typname
""")


def schema_of(connection: Connection) -> frozenset[str]:
    """One line a column, constraint, index, trigger, function and enum.

    Not the order of columns, since ALTER TABLE appends; nor views, policies
    and partitions.
    """
    return frozenset(connection.scalars(CATALOG))


def drift(connection: Connection, metadata: MetaData) -> list[str]:
    """What the migrated schema and the models do not have in common.

    Creates the tables of ``metadata`` in a schema that it takes back, within
    the caller's transaction.
    """
    migrated = schema_of(connection)
    with connection.begin_nested() as scratch:
        connection.execute(text("CREATE SCHEMA drift"))
        connection.execute(text("SET LOCAL search_path TO drift"))
        metadata.create_all(connection)
        modelled = schema_of(connection)
        scratch.rollback()
    return sorted(
        [f"only migrated: {line}" for line in migrated - modelled]
        + [f"only in the models: {line}" for line in modelled - migrated]
    )
