"""Lock a row against changes, and leave it to those who only refer to it.

A new invoice checks that its buyer exists, and takes FOR KEY SHARE on the
buyer's row. FOR UPDATE is in its way; FOR NO KEY UPDATE is not.
"""

from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from ..code_style.errors import ConflictError, NotFoundError
from .models import BuyerRow


class BeingEditedError(ConflictError):
    """Somebody else is at it; there is no use in waiting."""

    code = "being-edited"


async def lock_for_edit(session: AsyncSession, buyer_id: UUID) -> BuyerRow:
    """The buyer as it is now, locked to the end of the caller's transaction.

    Does not wait: after an error the transaction can only be rolled back.

    Raises:
        NotFoundError: there is no such buyer.
        BeingEditedError: another transaction has the lock.
    """
    try:
        buyer = await session.get(
            BuyerRow,
            buyer_id,
            with_for_update={"key_share": True, "nowait": True},
            populate_existing=True,
        )
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "55P03":
            raise
        raise BeingEditedError(f"Buyer {buyer_id} is being edited") from error
    if buyer is None:
        raise NotFoundError(f"There is no buyer {buyer_id}")
    return buyer
