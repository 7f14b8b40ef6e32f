"""Layouts in folders of their own, and tools run on them as a user does."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from guide.layout import ROOT

PACKAGE = ROOT / "snippets" / "project_structure"
TOOLS = Path(sys.executable).parent
TOPICS_OF_THE_SHOP = (
    "code_style",
    "api_design",
    "architecture_patterns",
    "database_patterns",
    "domain_driven_design",
    "event_driven",
)
Run = Callable[..., subprocess.CompletedProcess[str]]


def copy(source: Path, target: Path) -> None:
    """Everything but what Python left there and what is wrong on purpose."""
    ignored = shutil.ignore_patterns("__pycache__", "*_broken.py")
    shutil.copytree(source, target, ignore=ignored)


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """The shop as a project of its own, with the files of this topic."""
    folder = tmp_path / "service"
    copy(ROOT / "snippets" / "shop", folder / "src" / "shop")
    for topic in TOPICS_OF_THE_SHOP:
        path = Path("snippets", topic)
        copy(ROOT / path, folder / "src" / path)
    (folder / "src" / "snippets" / "__init__.py").touch()
    (folder / "pyproject.toml").write_text(
        (PACKAGE / "service" / "pyproject.toml").read_text()
        + (PACKAGE / "service" / "contracts.toml").read_text()
    )
    return folder


@pytest.fixture
def monolith(tmp_path: Path) -> Path:
    """The modular monolith as the package ``shop``."""
    folder = tmp_path / "monolith"
    copy(PACKAGE / "modular_monolith", folder / "src" / "shop")
    shutil.copy(
        PACKAGE / "modular_monolith" / "contracts.toml",
        folder / "pyproject.toml",
    )
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    copy(PACKAGE / "workspace", folder)
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """``run(folder, tool, argument, …)``: offline, without our environment."""

    def call(
        folder: Path, *command: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=folder,
            env={
                "PATH": f"{TOOLS}:/usr/bin:/bin",
                "HOME": str(tmp_path),
                "PYTHONPATH": "src",
                "PYTHONDONTWRITEBYTECODE": "1",
                "UV_OFFLINE": "1",
                "UV_NO_CONFIG": "1",
                "UV_PYTHON": sys.executable,
                "UV_PYTHON_DOWNLOADS": "never",
                "UV_CACHE_DIR": str(tmp_path / "cache"),
                "LANG": os.environ.get("LANG", "C.UTF-8"),
                **variables,
            },
            check=False,
            capture_output=True,
            text=True,
        )

    return call


@pytest.fixture
def broken_imports(run: Run) -> Callable[[Path], set[str]]:
    """The imports that lint-imports names as breaking a contract."""

    def check(folder: Path) -> set[str]:
        result = run(folder, "lint-imports", "--no-logo", "--no-cache")
        if "Contracts: " not in result.stdout:
            raise RuntimeError(result.stdout + result.stderr)
        return set(re.findall(r"-\s+(\S+ -> \S+)", result.stdout))

    return check
