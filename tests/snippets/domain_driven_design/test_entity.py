"""Entity: identity equality, whatever the subclass's decorator says."""

import importlib
import sys
from dataclasses import dataclass
from uuid import UUID

import pytest

from snippets.domain_driven_design import entity, entity_equality_broken
from snippets.domain_driven_design.entity import Customer, Entity

ID = UUID("018f3b7a-0000-7000-8000-000000000001")


def fix_and_twin(reason, raises):
    return pytest.mark.parametrize(
        "module",
        [
            pytest.param(entity, id="fix"),
            pytest.param(
                entity_equality_broken,
                id="broken",
                marks=pytest.mark.xfail(
                    strict=True, raises=raises, reason=reason
                ),
            ),
        ],
    )


@fix_and_twin(
    "A customer who changes their name is another customer from then on",
    AssertionError,
)
def test_a_customer_who_changes_name_stays_the_same_customer(module):
    before = module.Customer(id=ID, name="Ada King")
    after = module.Customer(id=ID, name="Ada Lovelace")
    assert before == after


@fix_and_twin(
    "Counting today's customers ends in TypeError: unhashable type", TypeError
)
def test_customers_can_be_collected_in_a_set(module):
    visits = [module.Customer(id=ID, name="Ada")] * 2
    assert len(set(visits)) == 1


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("entity", id="fix"),
        pytest.param(
            "entity_defaults_broken",
            id="broken",
            marks=pytest.mark.xfail(
                strict=True,
                raises=TypeError,
                reason="The service does not start: TypeError, non-default "
                "argument 'name' follows default argument",
            ),
        ),
    ],
)
def test_a_subclass_may_add_a_required_field(name, monkeypatch):
    module_name = f"snippets.domain_driven_design.{name}"
    monkeypatch.delitem(sys.modules, module_name, raising=False)
    module = importlib.import_module(module_name)
    assert module.Customer(name="Ada").name == "Ada"


def test_the_same_name_does_not_make_the_same_customer():
    assert Customer(name="Ada") != Customer(name="Ada")


def test_the_twin_keeps_identity_as_long_as_nobody_subclasses():
    plain = entity_equality_broken.Entity(id=ID)
    assert plain == entity_equality_broken.Entity(id=ID)
    assert hash(plain) == hash(ID)


def test_two_kinds_of_entity_are_never_equal():
    @dataclass(eq=False)
    class Supplier(Entity):
        name: str

    assert Supplier(id=ID, name="Ada") != Customer(id=ID, name="Ada")


def test_an_entity_is_not_its_id():
    assert Customer(id=ID, name="Ada") != ID


@pytest.mark.parametrize("eq", [True, False])
@pytest.mark.parametrize("slots", [True, False])
def test_identity_survives_every_way_to_decorate_a_subclass(eq, slots):
    @dataclass(eq=eq, slots=slots)
    class Supplier(Entity):
        name: str

    one, same = Supplier(id=ID, name="A"), Supplier(id=ID, name="B")
    assert one == same
    assert {one, same} == {one}
