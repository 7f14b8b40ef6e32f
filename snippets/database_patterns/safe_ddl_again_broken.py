"""Broken: can be run again, says IF NOT EXISTS."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            "uq_delivery_addresses_label",
            "delivery_addresses",
            ["customer_id", "label"],
            unique=True,
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(
            "uq_delivery_addresses_label", postgresql_concurrently=True
        )
