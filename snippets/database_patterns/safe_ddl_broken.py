"""Broken: one address of a name for each customer, in one revision."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index(
        "uq_delivery_addresses_label",
        "delivery_addresses",
        ["customer_id", "label"],
        unique=True,
    )
    op.create_check_constraint(
        "ck_delivery_addresses_label", "delivery_addresses", "label <> ''"
    )
    op.alter_column("delivery_addresses", "label", type_=sa.String(40))


def downgrade() -> None:
    op.alter_column("delivery_addresses", "label", type_=sa.String)
    op.drop_constraint("ck_delivery_addresses_label", "delivery_addresses")
    op.drop_index("uq_delivery_addresses_label")
