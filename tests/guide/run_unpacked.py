"""Runs pytest in each unpacked zip: ``run_unpacked.py FOLDER[:TEST…] …``.

Each run is a fork of this process, which has imported the libraries once, and
otherwise knows the folder alone. The tests named after a folder are collected
there and not run.
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


def run(folder: str, known: list[str]) -> int:
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
                    [*OPTIONS, *(f"--deselect={test}" for test in known)]
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
        folder, *known = job.split(":")
        code = run(folder, known)
        # 5: every test was collected, and none is left to run.
        if code == 0 or (code == 5 and known):
            passed += 1
        else:
            print(f"{folder}: pytest ended with {code}")  # noqa: T201 - its report
    print(f"{passed} of {len(jobs)} passed")  # noqa: T201 - its report
    return int(passed < len(jobs))


if __name__ == "__main__":
    sys.exit(main())
