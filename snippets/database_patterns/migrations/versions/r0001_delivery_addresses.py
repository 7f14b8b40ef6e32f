"""Create the delivery addresses."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "delivery_addresses",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("recipient", sa.String, nullable=False),
        sa.Column(
            "kind",
            sa.Enum("home", "pickup_point", name="address_kind"),
            server_default="home",
            nullable=False,
        ),
        sa.Column("zip", sa.String, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("delivery_addresses")
    op.execute("DROP TYPE address_kind")
