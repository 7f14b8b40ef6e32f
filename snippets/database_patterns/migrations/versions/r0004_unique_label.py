"""One address of a name for each customer.

What a failed run left is dropped first: it is an index of that name, but not
one that PostgreSQL uses.
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(
            "uq_delivery_addresses_label",
            postgresql_concurrently=True,
            if_exists=True,
        )
        op.create_index(
            "uq_delivery_addresses_label",
            "delivery_addresses",
            ["customer_id", "label"],
            unique=True,
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(
            "uq_delivery_addresses_label",
            postgresql_concurrently=True,
            if_exists=True,
        )
