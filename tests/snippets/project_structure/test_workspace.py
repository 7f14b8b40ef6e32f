"""The uv workspace, locked and installed by uv; the setup script, run."""

import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest

from guide.layout import ROOT

ORDERS = "import orders; print(orders.PUBLISHES)"
PAYMENTS = "import payments; print(payments.LISTENS_TO)"


@pytest.fixture
def python(run, workspace):
    """``python(text)`` in the workspace's environment: what it prints."""
    return lambda text: run(
        workspace, str(workspace / ".venv/bin/python"), "-c", text
    )


def test_one_lock_holds_all_members(run, workspace):
    locked = run(workspace, "uv", "lock")
    assert locked.returncode == 0, locked.stderr

    lock = tomllib.loads((workspace / "uv.lock").read_text())
    assert {package["name"] for package in lock["package"]} == {
        "shop-workspace",
        "orders",
        "payments",
        "shop-events",
    }


def test_a_service_is_installed_with_what_it_declares_and_no_more(
    run, workspace, python
):
    synced = run(workspace, "uv", "sync", "--package", "payments")
    assert synced.returncode == 0, synced.stderr

    assert python(PAYMENTS).stdout == "('order.placed',)\n"
    assert "No module named 'orders'" in python(ORDERS).stderr


def test_what_the_page_shows_pasted_into_an_empty_folder_is_enough(
    run, workspace, tmp_path
):
    topic = ROOT / "docs/topics/project-structure"
    page = "".join(
        (topic / name).read_text()
        for name in ("multi-service-repository.md", "setup-script.md")
    )
    pasted = tmp_path / "pasted"
    for shown in re.findall(
        r"^::: snippet project_structure/workspace/(\S+)", page, re.MULTILINE
    ):
        (pasted / shown).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(workspace / shown, pasted / shown)
    (script,) = re.findall(
        r"^```sh\n([^`]*uv sync[^`]*)```", page, re.MULTILINE
    )

    done = run(pasted, "sh", "-euc", script)

    assert done.returncode == 0, done.stderr
    interpreter = str(pasted / ".venv/bin/python")
    assert not run(pasted, interpreter, "-c", "import payments").returncode
    assert run(pasted, "sh", "setup.sh").stdout.startswith("Ready.")


def test_without_its_package_a_member_is_refused(run, workspace):
    shutil.rmtree(workspace / "services/orders/src")
    refused = run(workspace, "uv", "sync", "--all-packages")
    assert refused.returncode != 0
    assert "Expected a Python module at" in refused.stderr


@pytest.mark.parametrize(
    "left",
    ["services/mailer/__pycache__/app.pyc", "packages/notes/todo.md"],
)
def test_a_folder_that_is_no_member_disturbs_nobody(run, workspace, left):
    """What Git leaves of a service that another branch has deleted."""
    (workspace / left).parent.mkdir(parents=True)
    (workspace / left).touch()
    assert run(workspace, "uv", "lock").returncode == 0

    root = workspace / "pyproject.toml"
    listed = re.compile(r"members = \[.*?\]", re.DOTALL)
    by_pattern = 'members = ["packages/*", "services/*"]'
    root.write_text(listed.sub(by_pattern, root.read_text()))
    refused = run(workspace, "uv", "lock")
    assert refused.returncode != 0
    assert "is missing a `pyproject.toml`" in refused.stderr


def test_a_member_that_is_not_listed_cannot_be_installed(run, workspace):
    root = workspace / "pyproject.toml"
    root.write_text(root.read_text().replace('  "services/orders",\n', ""))
    refused = run(workspace / "services/orders", "uv", "sync")
    assert refused.returncode != 0
    assert "is not a workspace member" in refused.stderr


def test_a_member_that_has_gone_is_refused_with_the_lock(run, workspace):
    assert run(workspace, "uv", "lock").returncode == 0
    shutil.rmtree(workspace / "services/payments")
    refused = run(workspace, "uv", "lock", "--locked")
    assert refused.returncode != 0
    assert "lockfile" in refused.stderr


def test_uv_does_not_mind_services_that_depend_on_each_other(
    run, workspace, python
):
    for service, other in [("orders", "payments"), ("payments", "orders")]:
        pyproject = workspace / f"services/{service}/pyproject.toml"
        pyproject.write_text(
            pyproject.read_text()
            .replace('["shop-events"]', f'["shop-events", "{other}"]')
            .replace(
                "shop-events = {",
                f"{other} = {{ workspace = true }}\nshop-events = {{",
            )
        )
    synced = run(workspace, "uv", "sync", "--package", "payments")
    assert synced.returncode == 0, synced.stderr
    assert python(ORDERS).stdout == "('order.placed',)\n"


def test_a_change_of_the_shared_package_is_seen_at_once(run, workspace, python):
    run(workspace, "uv", "sync", "--package", "payments")
    events = "packages/shop-events/src/shop_events/__init__.py"
    (workspace / events).write_text('ORDER_PLACED = "order.placed.v2"\n')

    assert python(PAYMENTS).stdout == "('order.placed.v2',)\n"


def test_the_setup_script_passes_shellcheck(run, workspace):
    checked = run(workspace, "shellcheck", "setup.sh")
    assert checked.returncode == 0, checked.stdout


def test_the_setup_script_makes_an_environment_for_all(run, workspace, python):
    for _ in range(2):  # it may be run again
        made = run(workspace.parent, str(workspace / "setup.sh"))
        assert made.stdout.startswith("Ready."), made.stderr

    assert python(f"{ORDERS}; {PAYMENTS}").stdout == 2 * "('order.placed',)\n"


@pytest.mark.parametrize("name", ["a shop", "it's $HOME", "-x", "\u00e9"])
def test_the_setup_script_runs_in_a_folder_of_any_name(
    run, workspace, tmp_path, name
):
    """Called by a relative path, while ``CDPATH`` knows a folder like it."""
    shutil.move(workspace, tmp_path / name)
    (tmp_path / "elsewhere" / name).mkdir(parents=True)
    made = run(
        tmp_path,
        *["sh", "--", f"{name}/setup.sh"],
        CDPATH=str(tmp_path / "elsewhere"),
    )
    assert made.stdout.startswith("Ready."), made.stderr
    assert (tmp_path / name / ".venv").is_dir()


def test_the_setup_script_takes_away_what_the_lock_does_not_name(
    run, workspace, python
):
    run(workspace, "./setup.sh")
    pyproject = workspace / "services/orders/pyproject.toml"
    shutil.rmtree(workspace / "services/orders")
    root = workspace / "pyproject.toml"
    root.write_text(root.read_text().replace('  "services/orders",\n', ""))
    assert not pyproject.exists()

    assert run(workspace, "./setup.sh").returncode == 0

    assert "No module named 'orders'" in python(ORDERS).stderr


def test_in_ci_the_setup_script_refuses_a_stale_lock(run, workspace):
    assert run(workspace, "./setup.sh").returncode == 0
    assert run(workspace, "./setup.sh", CI="true").returncode == 0

    pyproject = workspace / "services/orders/pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('["shop-events"]', "[]"))

    refused = run(workspace, "./setup.sh", CI="true")
    assert refused.returncode != 0
    assert "lockfile" in refused.stderr
    assert run(workspace, "./setup.sh", CI="false").returncode == 0


def test_without_uv_the_setup_script_says_where_to_get_it(
    run, workspace, tmp_path
):
    for tool in ("sh", "dirname"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "/nowhere")
    refused = run(workspace, "./setup.sh", PATH=str(tmp_path))
    assert refused.returncode == 1
    assert "uv is missing: https://" in refused.stderr


def test_the_workspace_runs_on_the_python_of_this_guide(workspace):
    for pyproject in Path(workspace).rglob("pyproject.toml"):
        project = tomllib.loads(pyproject.read_text())["project"]
        oldest = project["requires-python"].removeprefix(">=")
        assert tuple(map(int, oldest.split("."))) <= sys.version_info
