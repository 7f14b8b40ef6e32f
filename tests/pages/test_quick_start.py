"""The quick start of the home page, done as it says."""

import os
import re
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg

from guide.excerpts import ROOT, copy_along, read
from guide.ports import free_port
from tests.process import running
from tests.servers import listens

MAIN = Path("snippets/architecture_patterns/main.py")


def the_program() -> str:
    """What the page hands to ``python -c``."""
    page = (ROOT / "docs" / "index.md").read_text()
    return re.search(r"```sh\n.*?python -c '\n(.*?)'\n```", page, re.DOTALL)[1]


def test_the_pasted_files_take_an_order(tmp_path, postgres_url, asyncpg_url):
    package = tmp_path / "orders"
    package.mkdir()
    for path in (MAIN, *copy_along(MAIN)):
        (package / path.name).write_text(read(path).text)
    port = free_port()
    order = {"customer_id": str(uuid4()), "quantities": {"TEA-1": 2}}

    with running(
        [sys.executable, "-c", the_program().replace("8080", str(port))],
        cwd=tmp_path,
        env=os.environ | {"DATABASE_URL": asyncpg_url},
        stderr=subprocess.DEVNULL,
    ) as service:
        address = f"http://127.0.0.1:{port}"
        while not listens(address):
            assert service.poll() is None
        refused = httpx.post(f"{address}/orders", json=order)
        with psycopg.connect(postgres_url) as connection:
            connection.execute("insert into products values ('TEA-1', 4.90)")
        taken = httpx.post(f"{address}/orders", json=order)
        service.terminate()

    assert refused.status_code == 422
    assert taken.status_code == 201
    assert taken.json()["total"] == "9.80"
