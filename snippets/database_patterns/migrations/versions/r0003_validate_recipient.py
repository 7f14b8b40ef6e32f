"""Read all recipients, while others read and write.

In the transaction of the revision before, its lock would last until the end.
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE delivery_addresses"
        " VALIDATE CONSTRAINT ck_delivery_addresses_recipient"
    )


def downgrade() -> None:
    op.drop_constraint("ck_delivery_addresses_recipient", "delivery_addresses")
    op.create_check_constraint(
        "ck_delivery_addresses_recipient",
        "delivery_addresses",
        "recipient <> ''",
        postgresql_not_valid=True,
    )
