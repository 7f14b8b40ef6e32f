"""Operation ids: a route may move without renaming clients' functions."""

import pytest
from fastapi import APIRouter, FastAPI

from snippets.api_design import operation_ids, operation_ids_broken
from tests.support.twins import fix_and_twin

both = pytest.mark.parametrize("module", [operation_ids, operation_ids_broken])
orders = APIRouter()


@orders.get("/orders/{order_id}")
async def show_order(order_id: int) -> None: ...


def ids(module, router, prefix=""):
    app = FastAPI(generate_unique_id_function=module.operation_id)
    app.include_router(router, prefix=prefix)
    return [
        operation["operationId"]
        for path in app.openapi()["paths"].values()
        for operation in path.values()
    ]


@fix_and_twin(
    "module",
    operation_ids,
    operation_ids_broken,
    "A router moves, and no program compiles against the new client.",
)
def test_an_operation_is_called_the_same_wherever_it_is(module):
    assert ids(module, orders, "/shop/v2") == ids(module, orders)


@both
def test_an_operation_has_an_id(module):
    (found,) = ids(module, orders)
    assert found.startswith("show_order")


def test_it_is_the_name_of_the_function_in_routers_of_routers_too():
    outer = APIRouter(prefix="/outer")
    outer.include_router(orders)
    assert ids(operation_ids, outer) == ["show_order"]


def test_two_of_one_name_are_told():
    twice = APIRouter()
    twice.include_router(orders)
    twice.include_router(orders, prefix="/again")

    with pytest.warns(UserWarning, match="Duplicate Operation ID show_order"):
        assert ids(operation_ids, twice) == ["show_order"] * 2
