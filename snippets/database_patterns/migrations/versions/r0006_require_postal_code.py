"""Every row that is written from now on has a `postal_code`.

NOT NULL would read the whole table under ACCESS EXCLUSIVE; see the next one.
"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_check_constraint(
        "ck_delivery_addresses_postal_code",
        "delivery_addresses",
        "postal_code IS NOT NULL",
        postgresql_not_valid=True,
    )


def downgrade() -> None:
    op.drop_constraint(
        "ck_delivery_addresses_postal_code", "delivery_addresses"
    )
