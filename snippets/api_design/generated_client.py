"""A client for Python, generated from the API's document, whole or not at all.

By openapi-python-client, in a process of its own. An operation or a response
that it cannot express it leaves out with a warning; here that is an error.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

# Without it, it formats with ruff, if there is one.
CONFIG: dict[str, list[str]] = {"post_hooks": []}


def generate_client(document: Mapping[str, Any], package: Path) -> None:
    """Write the package, which is not there yet.

    Raises:
        RuntimeError: not all of the document can be expressed; says what.
    """
    files = {"openapi.json": document, "config.json": CONFIG}
    package.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).write_text(json.dumps(content))
        done = subprocess.run(  # noqa: S603 - arguments, no shell
            [
                *(sys.executable, "-m", "openapi_python_client", "generate"),
                *("--path", "openapi.json", "--config", "config.json"),
                *("--output-path", package.resolve(), "--meta", "none"),
                "--fail-on-warning",
            ],
            cwd=folder,
            check=False,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
