"""Write generated files below ``docs/``: only what changed, and no leftovers.

They are build output: git ignores them. Files whose content is unchanged are
left alone, so that live reload does not loop.
"""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def one_at_a_time(root: Path) -> Iterator[None]:
    """Keep two builds of one tree from writing the same files at once."""
    lock = root / "build" / "generated.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def synchronise(folder: Path, wanted: Mapping[Path, str | bytes]) -> None:
    """Make ``folder`` hold these files (by path below it) and no others."""
    for path, content in wanted.items():
        data = content.encode() if isinstance(content, str) else content
        target = folder / path
        if not target.exists() or target.read_bytes() != data:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file() and path.relative_to(folder) not in wanted:
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()
