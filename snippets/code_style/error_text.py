"""An error as text for an operator, which every table takes."""

LONGEST = 2_000  # characters


def error_text(error: Exception) -> str:
    """``repr(error)``, cut off where it is very long. Never raises."""
    try:
        text = repr(error)[:LONGEST]
    except Exception as failure:  # noqa: BLE001 - of a broken __repr__
        text = f"{type(error).__name__}, whose repr raises {type(failure)}"
    return escaped(text)


def escaped(text: str) -> str:
    """The text; escaped, what PostgreSQL does not store and errors may quote.

    That is NUL, and half a surrogate pair.
    """
    text = text.replace("\0", "\\x00")
    return text.encode("utf-8", "backslashreplace").decode()
