"""Broken: what autogenerate makes of a renamed column.

And a default, without which it stops where the table has rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "delivery_addresses",
        sa.Column(
            "postal_code", sa.String(), server_default="", nullable=False
        ),
    )
    op.drop_column("delivery_addresses", "zip")


def downgrade() -> None:
    op.add_column(
        "delivery_addresses",
        sa.Column("zip", sa.String(), server_default="", nullable=False),
    )
    op.drop_column("delivery_addresses", "postal_code")
