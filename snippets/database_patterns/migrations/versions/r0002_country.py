"""Add the country, and refuse empty recipients from now on.

A constant default is a note in the catalog: no row is touched (PostgreSQL 11).
NOT VALID looks at no row either: the lock is held for a moment.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column(
        "delivery_addresses",
        sa.Column("country", sa.String, server_default="DE", nullable=False),
    )
    op.create_check_constraint(
        "ck_delivery_addresses_recipient",
        "delivery_addresses",
        "recipient <> ''",
        postgresql_not_valid=True,
    )


def downgrade() -> None:
    op.drop_constraint("ck_delivery_addresses_recipient", "delivery_addresses")
    op.drop_column("delivery_addresses", "country")
