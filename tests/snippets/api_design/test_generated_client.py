"""A generated client: what the document says can be called."""

import importlib
import os
import sys
from enum import StrEnum
from pathlib import Path

import pytest
from fastapi import FastAPI, Response
from pydantic import BaseModel

from snippets.api_design import generated_client, generated_client_broken
from snippets.api_design.operation_ids import operation_id
from tests.support.twins import fix_and_twin

ODD = {404: {"content": {"application/msgpack": {}}, "description": "None"}}


@pytest.fixture
def app():
    app = FastAPI(generate_unique_id_function=operation_id)

    @app.get("/orders/{order_id}", tags=["orders"])
    async def show_order(order_id: int) -> dict[str, int]: ...

    return app


@pytest.fixture(autouse=True)
def on_the_path(monkeypatch):
    """The generator's command, as in an environment that is active."""
    here = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", here + os.pathsep + os.environ["PATH"])


@fix_and_twin(
    "module",
    generated_client,
    generated_client_broken,
    "The client has half of an operation, and nobody is told.",
    raises=pytest.fail.Exception,
)
def test_what_cannot_be_expressed_is_an_error(module, app, tmp_path):
    @app.get("/export", tags=["orders"], responses=ODD)
    async def export_orders() -> Response: ...

    with pytest.raises(RuntimeError, match="application/msgpack"):
        module.generate_client(app.openapi(), tmp_path / "client")


@pytest.mark.parametrize("module", [generated_client, generated_client_broken])
def test_an_operation_is_a_module(module, app, tmp_path, monkeypatch):
    name = f"client_{module.__name__.rpartition('.')[2]}"
    module.generate_client(app.openapi(), tmp_path / "new" / name)

    monkeypatch.syspath_prepend(tmp_path / "new")
    show = importlib.import_module(f"{name}.api.orders.show_order")
    assert callable(show.sync)
    assert callable(show.asyncio_detailed)


class Status(StrEnum):
    OPEN = "open"


class Order(BaseModel):
    status: Status


def test_what_is_new_in_an_answer_is_kept_unless_it_is_an_enums(
    tmp_path, monkeypatch
):
    app = FastAPI(generate_unique_id_function=operation_id)

    @app.get("/orders/7")
    async def show_order() -> Order: ...

    generated_client.generate_client(app.openapi(), tmp_path / "client_enum")
    monkeypatch.syspath_prepend(tmp_path)
    model = importlib.import_module("client_enum.models").Order

    order = model.from_dict({"status": "open", "voucher": "SPRING"})
    assert order.additional_properties == {"voucher": "SPRING"}
    with pytest.raises(ValueError, match="void"):
        model.from_dict({"status": "void"})


def test_a_client_that_is_there_is_not_overwritten(app, tmp_path):
    (tmp_path / "client").mkdir()
    with pytest.raises(RuntimeError, match="already exists"):
        generated_client.generate_client(app.openapi(), tmp_path / "client")


def test_what_stands_beside_the_client_stays(app, tmp_path):
    (tmp_path / "config.json").write_text("mine")
    generated_client.generate_client(app.openapi(), tmp_path / "client")
    assert {path.name for path in tmp_path.iterdir()} == {
        "client",
        "config.json",
    }
    assert (tmp_path / "config.json").read_text() == "mine"
