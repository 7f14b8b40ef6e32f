"""One database URL, as hosts hand it out, for asyncpg and for psycopg.

Such a URL is written for libpq: ``postgresql://…?sslmode=require`` and more.
SQLAlchemy hands asyncpg every word as an argument, and asyncpg takes a word
that it does not know for a setting of the server. So each driver is given the
words that it knows, and what nobody knows is an error before it connects.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def _these(words: str) -> frozenset[str]:
    return frozenset(words.split())


SCHEME = re.compile(r"(?:postgres|postgresql)(?:\+\w+)?://")
WHOLE_NUMBER = re.compile(r"-?\d+")
BOTH = _these(
    "application_name dbname gsslib host krbsrvname options passfile password"
    " port service ssl_max_protocol_version ssl_min_protocol_version sslcert"
    " sslcrl sslkey sslmode sslnegotiation sslpassword sslrootcert"
    " target_session_attrs user"
)
# asyncpg (0.32) has no keep-alive, no channel binding and no GSS encryption.
NUMBERS_OF_LIBPQ = _these(
    "connect_timeout keepalives keepalives_count keepalives_idle"
    " keepalives_interval tcp_user_timeout"
)
LIBPQ = NUMBERS_OF_LIBPQ | _these(
    "channel_binding client_encoding fallback_application_name gssencmode"
    " load_balance_hosts max_protocol_version min_protocol_version"
    " sslcompression sslsni"
)
# Those of the engine alone; times are in seconds.
ENGINE = _these(
    "command_timeout prepared_statement_cache_size statement_cache_size timeout"
)
CHOICES = {
    "sslmode": "allow disable prefer require verify-ca verify-full",
    "target_session_attrs": "any prefer-standby primary read-only read-write"
    " standby",
}


def asyncpg_engine(
    url: str,
    *,
    connect_args: Mapping[str, object] | None = None,
    **options: Any,  # noqa: ANN401 - create_async_engine's
) -> AsyncEngine:
    """An engine that connects when it is first used.

    ``connect_args`` are asyncpg's; what the URL says too, it says last.

    Raises:
        ValueError: the URL is none for PostgreSQL; the message says why.
    """
    address, words = _read(url)
    arguments = dict(connect_args or {})
    arguments |= {word: int(words[word]) for word in ENGINE & words.keys()}
    if "connect_timeout" in words:  # 0 and less: for as long as it takes
        seconds = int(words["connect_timeout"])
        arguments["timeout"] = seconds if seconds > 0 else None
    if "port" in words:  # asyncpg looks for it behind the host only
        arguments["port"] = [int(port) for port in words["port"].split(",")]
    if words.get("sslrootcert") == "system":  # asyncpg says it otherwise
        del words["sslrootcert"], words["sslmode"]
        arguments["ssl"] = True
    arguments["dsn"] = _url(address, words, BOTH)
    return create_async_engine(
        "postgresql+asyncpg://", connect_args=arguments, **options
    )


def psycopg_url(url: str) -> str:
    """What psycopg understands, and whatever else stands on libpq.

    Raises:
        ValueError: the URL is none for PostgreSQL; the message says why.
    """
    return _url(*_read(url), BOTH | LIBPQ)


def _url(address: str, words: dict[str, str], known: frozenset[str]) -> str:
    query = {word: words[word] for word in words if word in known}
    return f"postgresql://{address}?{urlencode(query, quote_via=quote)}"


def _read(url: str) -> tuple[str, dict[str, str]]:
    """What stands before the question mark, and the words behind it."""
    scheme = SCHEME.match(url)
    if scheme is None:
        raise ValueError("A database URL starts with postgresql://")
    if "#" in url:
        raise ValueError("In a database URL, write # as %23")
    address, _, query = url[scheme.end() :].partition("?")
    pairs = parse_qsl(query.replace("+", "%2B"), keep_blank_values=True)
    words = dict(pairs)
    words |= _hosts([value for word, value in pairs if word == "host"])
    if "ssl" in words:  # as asyncpg's argument is called
        mode = words.pop("ssl")
        words["sslmode"] = "require" if mode == "true" else mode
    if words.get("sslrootcert") == "system":
        words.setdefault("sslmode", "verify-full")
    if unknown := sorted(words.keys() - BOTH - LIBPQ - ENGINE):
        names = ", ".join(word for word in unknown if word.isidentifier())
        raise ValueError(f"No driver knows this in a database URL: {names}")
    for word in ({"port"} | ENGINE | NUMBERS_OF_LIBPQ) & words.keys():
        if not all(map(WHOLE_NUMBER.fullmatch, words[word].split(","))):
            raise ValueError(f"{word} in a database URL is a whole number")
    for word in CHOICES.keys() & words.keys():
        if words[word] not in CHOICES[word].split():
            raise ValueError(f"{word} in a database URL: {CHOICES[word]}")
    return address.removesuffix("/").replace(" ", "%20"), words


def _hosts(named: list[str]) -> dict[str, str]:
    """SQLAlchemy writes ``host=a:1&host=b:2``, libpq ``host=a,b&port=1,2``."""
    pairs = [host.partition(":") for host in ",".join(named).split(",")]
    if not any(port.isdigit() for _, _, port in pairs):
        return {"host": ",".join(named)} if named else {}
    return {
        "host": ",".join(host for host, _, _ in pairs),
        "port": ",".join(port or "5432" for _, _, port in pairs),
    }
