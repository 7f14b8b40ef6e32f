"""Broken: leaves the old column alone, and requires the new one at once."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("delivery_addresses", sa.Column("postal_code", sa.String))
    op.execute("UPDATE delivery_addresses SET postal_code = zip")
    op.alter_column("delivery_addresses", "postal_code", nullable=False)


def downgrade() -> None:
    op.drop_column("delivery_addresses", "postal_code")
