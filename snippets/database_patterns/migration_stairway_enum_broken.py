"""Broken: takes back the table, and leaves the type."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "delivery_addresses",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column(
            "kind",
            sa.Enum("home", "pickup_point", name="address_kind"),
            nullable=False,
        ),
    )


def downgrade() -> None:
    op.drop_table("delivery_addresses")
