"""Broken: the command as the README has it."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def generate_client(document: Mapping[str, Any], package: Path) -> None:
    package.parent.mkdir(parents=True, exist_ok=True)
    source = package.parent / "openapi.json"
    source.write_text(json.dumps(document))
    subprocess.run(
        ["openapi-python-client", "generate", "--path", source]
        + ["--output-path", package, "--meta", "none"],
        check=True,
        capture_output=True,
    )
