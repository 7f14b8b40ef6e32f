"""The plan of a query, for a test: does it read from the index it should?

Without enough rows and an ANALYZE, PostgreSQL rightly reads a small table from
end to end, whatever indexes it has. So the test needs some thousand rows.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession


async def plan_of(session: AsyncSession, query: Select[Any]) -> list[str]:
    """What PostgreSQL would do, the last step first, such as ``["Limit",
    "Index Scan using ix_invoices_open"]``. It is not done.

    Values of the query are text, numbers, times and ids: others, such as a
    JSONB's, raise CompileError.
    """
    connection = await session.connection()
    sql = query.compile(
        dialect=connection.dialect, compile_kwargs={"literal_binds": True}
    )
    explained = await connection.exec_driver_sql(f"explain (format json) {sql}")
    [plan] = explained.scalar_one()
    return list(_steps(plan["Plan"]))


def _steps(node: dict[str, Any]) -> Iterator[str]:
    index = node.get("Index Name")
    yield node["Node Type"] + (f" using {index}" if index else "")
    for child in node.get("Plans", ()):
        yield from _steps(child)
