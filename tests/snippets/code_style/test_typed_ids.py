"""Typed ids: mypy refuses swapped ids, and one nobody has checked."""

from uuid import UUID, uuid4

import pytest

from snippets.code_style import typed_ids, typed_ids_broken
from snippets.code_style.errors import NotFoundError
from tests.support.twins import fix_and_twin

both = pytest.mark.parametrize("module", [typed_ids, typed_ids_broken])

SWAPPED = """
from {module} import CustomerId, OrderId, OrderOwners


def placed(
    owners: OrderOwners, customer_id: CustomerId, order_id: OrderId
) -> None:
    owners.record(customer_id, order_id)
"""


@fix_and_twin(
    "module",
    typed_ids,
    typed_ids_broken,
    "Swapped ids pass every check, and the customer's own order is not found",
    judged="code_style.typed_ids_broken",
)
def test_mypy_refuses_swapped_ids(module, mypy):
    assert mypy(SWAPPED.format(module=module.__name__)) == {
        'arg-type: Argument 1 to "record" of "OrderOwners" has incompatible '
        'type "CustomerId"; expected "OrderId"',
        'arg-type: Argument 2 to "record" of "OrderOwners" has incompatible '
        'type "OrderId"; expected "CustomerId"',
    }


@both
def test_an_order_has_the_owner_that_was_recorded(module):
    owners, order_id, customer_id = module.OrderOwners(), uuid4(), uuid4()
    owners.record(order_id, customer_id)
    assert owners.owner_of(order_id) == customer_id


@both
def test_an_order_recorded_with_swapped_ids_is_not_found(module):
    owners, order_id, customer_id = module.OrderOwners(), uuid4(), uuid4()
    owners.record(customer_id, order_id)
    with pytest.raises(NotFoundError) as caught:
        owners.owner_of(order_id)
    assert caught.value.context == {"order_id": order_id}


def test_mypy_refuses_a_uuid_of_unknown_kind(mypy):
    (finding,) = mypy(
        "from uuid import uuid4\n"
        "from snippets.code_style.typed_ids import OrderOwners\n"
        "OrderOwners().owner_of(uuid4())\n"
    )
    assert 'has incompatible type "UUID"; expected "OrderId"' in finding


def test_at_run_time_an_id_is_a_plain_uuid():
    text = "0195f2a4-7c1e-7b7e-9d7a-3f6f2c1d0e4b"
    assert type(typed_ids.order_id_from(text)) is UUID


def test_capitals_are_read_and_written_small():
    text = "0195f2a4-7c1e-7b7e-9d7a-3f6f2c1d0e4b"
    assert str(typed_ids.order_id_from(text.upper())) == text


@pytest.mark.parametrize(
    "text",
    [
        *["42", "", "x", "\u0663" * 32, "1_" * 15 + "11", " " + "1" * 31],
        *["0x" + "1" * 30, "+" + "1" * 31, "-".join("1" * 32)],
        "0195f2a47c1e7b7e9d7a3f6f2c1d0e4b",
        "{0195f2a4-7c1e-7b7e-9d7a-3f6f2c1d0e4b}",
        "urn:uuid:0195f2a4-7c1e-7b7e-9d7a-3f6f2c1d0e4b",
        "0195f2a4-7c1e-7b7e-9d7a-3f6f2c1d0e4b\n",
        "0195f2a4-7c1e-7b7e-9d7a-3f6f2c1d0e4\uff42",
    ],
)
def test_text_that_is_no_uuid_is_refused(text):
    with pytest.raises(ValueError, match=r"badly formed|base 16"):
        typed_ids.order_id_from(text)
