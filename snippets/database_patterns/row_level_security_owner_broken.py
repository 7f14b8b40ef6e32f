"""Broken: the policy holds for everybody but the table's owner."""

from sqlalchemy import Connection, Table, event, text

from .row_level_security import SELLER


def isolate(table: Table) -> None:
    seller = f"nullif(current_setting('{SELLER}', true), '')::uuid"
    statements = (
        f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY own_rows ON {table.name} USING (seller_id = {seller})",
    )

    @event.listens_for(table, "after_create")
    def add_policy(_: Table, connection: Connection, **__: object) -> None:
        for statement in statements:
            connection.execute(text(statement))
