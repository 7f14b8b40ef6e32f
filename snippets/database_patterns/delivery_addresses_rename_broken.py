"""Broken: renames the column, which takes a millisecond."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.alter_column("delivery_addresses", "zip", new_column_name="postal_code")


def downgrade() -> None:
    op.alter_column("delivery_addresses", "postal_code", new_column_name="zip")
