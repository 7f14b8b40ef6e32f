"""Runs pytest in unpacked zips: ``run_unpacked.py FOLDER[:TEST…] …``.

Each run is a fork of this process, which has imported the libraries once, and
otherwise knows the folder alone. Of a folder without tests named, all are
collected and none is run. Of those named, all run but those that kill a process
at each of its crash points.
"""

import contextlib
import importlib
import os
import sys
from pathlib import Path

import pytest

SLOW_TO_IMPORT = (
    "aiormq",
    "asyncpg",
    "fastapi",
    "httpx",
    "hypothesis.stateful",
    "nats",
    "psycopg",
    "redis.asyncio",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.ext.asyncio",
    "temporalio.client",
    "uvicorn",
)
OPTIONS = (
    "-q",
    "--no-header",
    "--tb=short",
    "-pno:cacheprovider",
    "-ppytest_asyncio.plugin",
    "-ppytest_timeout",
    # Imported above, so pytest cannot rewrite its assertions: it has none.
    "-Wignore:Module already imported:pytest.PytestAssertRewriteWarning",
)
# What is not run needs no rewritten assertions.
COLLECT = ("--collect-only", "--assert=plain")


class WithoutCrashPoints:
    """A plugin of pytest."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [
            item
            for item in items
            if "crash_points" not in getattr(item, "fixturenames", ())
        ]


def run(folder: str, tests: list[str]) -> int:
    """What pytest's process in this folder ends with."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        os.chdir(folder)
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        code = 70
        with contextlib.suppress(SystemExit):
            code = int(
                pytest.main(
                    [*OPTIONS, *(tests or COLLECT)],
                    plugins=[WithoutCrashPoints()] if tests else [],
                )
            )
        sys.stdout.flush()
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> int:
    jobs = sys.argv[1:]
    if Path(jobs[0].partition(":")[0], "tests", "conftest.py").exists():
        for name in SLOW_TO_IMPORT:
            importlib.import_module(name)
    passed = 0
    for job in jobs:
        folder, *tests = job.split(":")
        code = run(folder, tests)
        if code == 0:
            passed += 1
        else:
            print(f"{folder}: pytest ended with {code}")  # noqa: T201 - its report
    print(f"{passed} of {len(jobs)} passed")  # noqa: T201 - its report
    return int(passed < len(jobs))


if __name__ == "__main__":
    sys.exit(main())
