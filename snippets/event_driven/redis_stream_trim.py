"""Trimming a Redis stream: only what every consumer has acknowledged."""

from datetime import datetime

from redis.asyncio import Redis

EntryId = tuple[int, int]  # milliseconds since 1970, number within them


def parse(entry_id: str) -> EntryId:
    """The id as what it is ordered by."""
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number)


async def trim_stream(redis: Redis, stream: str, before: datetime) -> int:
    """Delete entries older than ``before`` that no consumer group needs.

    Returns how many. Run it periodically, and remove the group of a consumer
    that is gone (`XGROUP DESTROY`): it needs all that came since.

    Raises:
        ValueError: ``before`` has no time zone, and would be taken for local.
    """
    if before.utcoffset() is None:
        raise ValueError(f"{before} has no time zone")
    keep_from = [(int(before.timestamp() * 1000), 0)]
    for group in await redis.xinfo_groups(stream):
        keep_from.append(parse(group["last-delivered-id"]))
        pending = await redis.xpending(stream, group["name"])
        if pending["min"] is not None:
            keep_from.append(parse(pending["min"]))
    milliseconds, number = min(keep_from)
    return int(
        await redis.xtrim(
            stream, minid=f"{milliseconds}-{number}", approximate=False
        )
    )
