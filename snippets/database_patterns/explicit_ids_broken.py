"""Broken: the rows are there, and their sequence still begins at 1."""

from collections.abc import Mapping

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class SupplierRow(Base):
    __tablename__ = "suppliers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def import_suppliers(
    session: AsyncSession, names: Mapping[int, str]
) -> None:
    await session.execute(
        insert(SupplierRow),
        [{"id": number, "name": names[number]} for number in names],
    )
