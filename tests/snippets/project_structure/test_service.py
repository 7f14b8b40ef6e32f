"""The service's pyproject.toml, read by each tool that it configures."""

from zipfile import ZipFile

from guide.layout import ROOT

PYPROJECT = ROOT / "snippets/project_structure/service/pyproject.toml"


def test_its_dependencies_are_the_ones_this_guide_is_tested_with(run):
    result = run(
        ROOT,
        *["uv", "pip", "install", "--dry-run", "-r", str(PYPROJECT)],
        *["--group", f"{PYPROJECT}:dev"],
    )
    assert "Would make no changes" in result.stderr


def test_it_builds_a_wheel_of_the_package(service, run):
    built = run(service, "uv", "build", "--wheel", "--quiet")
    assert built.returncode == 0, built.stderr
    (wheel,) = (service / "dist").glob("*.whl")
    assert wheel.name == "shop-1.0.0-py3-none-any.whl"
    with ZipFile(wheel) as files:
        metadata = files.read("shop-1.0.0.dist-info/METADATA").decode()
    assert "Requires-Dist: fastapi>=0.165\n" in metadata
    assert "mypy" not in metadata  # of the group dev


def test_ruff_finds_nothing_in_the_shop(service, run):
    result = run(service, "ruff", "check", "--no-cache", "src/shop")
    assert result.stdout == "All checks passed!\n"


def test_ruff_finds_what_the_settings_select(service, run):
    (service / "src/shop/offer.py").write_text(
        "from datetime import datetime\n\nNOW = datetime.now()\n"
    )
    result = run(service, "ruff", "check", "--no-cache", "src/shop/offer.py")
    assert "DTZ005" in result.stdout


def test_ruff_lets_tests_assert(service, run):
    (service / "tests").mkdir()
    (service / "tests/test_shop.py").write_text("assert True\n")
    result = run(service, "ruff", "check", "--no-cache", "tests")
    assert result.returncode == 0, result.stdout


def test_mypy_is_strict(service, run):
    (service / "src/shop/offer.py").write_text("def offer(): ...\n")
    result = run(service, "mypy", "--cache-dir=/dev/null", "src/shop/offer.py")
    assert "[no-untyped-def]" in result.stdout


def test_pytest_is_strict_and_asynchronous(service, run):
    (service / "tests").mkdir()
    for name, text in {
        "async": "async def test_it(): pass",
        "warning": "import warnings\ndef test_it(): warnings.warn('x')",
        "mark": "import pytest\n@pytest.mark.typo\ndef test_it(): pass",
    }.items():
        (service / f"tests/test_{name}.py").write_text(f"{text}\n")

    result = run(
        service,
        *["pytest", "-q", "-p", "no:cacheprovider"],
        "--continue-on-collection-errors",
    )

    assert "FAILED tests/test_warning.py::test_it" in result.stdout
    assert "ERROR tests/test_mark.py" in result.stdout
    assert "1 failed, 1 passed, 1 error" in result.stdout
