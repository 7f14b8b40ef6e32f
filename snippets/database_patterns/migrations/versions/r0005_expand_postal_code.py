"""Expand: `zip` becomes `postal_code`; for now there are both.

Either release writes the column that it knows, the trigger the other one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

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
    op.add_column("delivery_addresses", sa.Column("postal_code", sa.String))
    op.execute(SYNC)
    op.execute(
        "CREATE TRIGGER sync_postal_code BEFORE INSERT OR UPDATE"
        " ON delivery_addresses FOR EACH ROW"
        " EXECUTE FUNCTION sync_postal_code()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER sync_postal_code ON delivery_addresses")
    op.execute("DROP FUNCTION sync_postal_code()")
    op.drop_column("delivery_addresses", "postal_code")
