"""`postal_code` is NOT NULL: the backfill must be through.

VALIDATE reads the table while others write. With the constraint it has proven,
SET NOT NULL reads nothing (PostgreSQL 12).
"""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE delivery_addresses"
        " VALIDATE CONSTRAINT ck_delivery_addresses_postal_code"
    )
    op.alter_column("delivery_addresses", "postal_code", nullable=False)
    op.drop_constraint(
        "ck_delivery_addresses_postal_code", "delivery_addresses"
    )


def downgrade() -> None:
    op.alter_column("delivery_addresses", "postal_code", nullable=True)
    op.create_check_constraint(
        "ck_delivery_addresses_postal_code",
        "delivery_addresses",
        "postal_code IS NOT NULL",
        postgresql_not_valid=True,
    )
