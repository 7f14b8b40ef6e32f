"""What the API has promised: ``openapi.json`` beside this file.

``python -m tests.snippets.api_design.golden`` writes it anew. Do so after a
release, or in a commit that says who was asked about what it breaks.
"""

import json
from pathlib import Path
from typing import Any

from snippets.api_design.assembled_api import assembled_api

RELEASED = Path(__file__).with_name("openapi.json")


def current() -> dict[str, Any]:
    document = assembled_api(lifespan=None, files=None).openapi()
    return json.loads(json.dumps(document))


def released() -> dict[str, Any]:
    return json.loads(RELEASED.read_text())


if __name__ == "__main__":
    RELEASED.write_text(json.dumps(current(), indent=1) + "\n")
