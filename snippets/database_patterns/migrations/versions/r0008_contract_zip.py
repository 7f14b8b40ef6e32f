"""Contract: no release that runs knows `zip` any more.

The way back has everything that the one before needs.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

SYNC = """
CREATE FUNCTION sync_postal_code() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.zip <> OLD.zip THEN
        NEW.postal_code := NEW.zip;
    ELSIF NEW.postal_code IS NOT NULL THEN
        NEW.zip := NEW.postal_code;
    ELSE
        NEW.postal_code := NEW.zip;
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute("DROP TRIGGER sync_postal_code ON delivery_addresses")
    op.execute("DROP FUNCTION sync_postal_code()")
    op.drop_column("delivery_addresses", "zip")


def downgrade() -> None:
    op.add_column("delivery_addresses", sa.Column("zip", sa.String))
    op.execute("UPDATE delivery_addresses SET zip = postal_code")
    op.alter_column("delivery_addresses", "zip", nullable=False)
    op.execute(SYNC)
    op.execute(
        "CREATE TRIGGER sync_postal_code BEFORE INSERT OR UPDATE"
        " ON delivery_addresses FOR EACH ROW"
        " EXECUTE FUNCTION sync_postal_code()"
    )
