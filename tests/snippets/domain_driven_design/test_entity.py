"""Entity: identity equality, whatever the subclass's decorator says."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from snippets.domain_driven_design import entity, entity_equality_broken
from snippets.domain_driven_design.entity import Customer, Entity
from tests.support.twins import fix_and_twin

ID = UUID("018f3b7a-0000-7000-8000-000000000001")


def either(reason, raises):
    return fix_and_twin(
        "name", "entity", "entity_equality_broken", reason, raises=raises
    )


@either(
    "A customer who changes their name is another customer from then on",
    AssertionError,
)
def test_a_customer_who_changes_name_stays_the_same_customer(name, load):
    module = load(name)
    before = module.Customer(id=ID, name="Ada King")
    after = module.Customer(id=ID, name="Ada Lovelace")
    assert before == after


@either(
    "Counting today's customers ends in TypeError: unhashable type", TypeError
)
def test_customers_can_be_collected_in_a_set(name, load):
    module = load(name)
    visits = [module.Customer(id=ID, name="Ada")] * 2
    assert len(set(visits)) == 1


@fix_and_twin(
    "name",
    "entity",
    "entity_defaults_broken",
    "The service does not start: TypeError, non-default "
    "argument 'name' follows default argument",
    raises=TypeError,
    match="non-default argument 'name' follows default argument",
)
def test_a_subclass_may_add_a_required_field(name, load):
    assert load(name).Customer(name="Ada").name == "Ada"


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


def test_a_second_base_hears_of_the_subclass_too():
    names = []

    class Listed:
        def __init_subclass__(cls):
            super().__init_subclass__()
            names.append(cls.__name__)

    class Supplier(Entity, Listed):
        pass

    assert names == ["Supplier"]


def test_customers_of_two_levels_of_one_class_differ():
    @dataclass
    class BusinessCustomer(Customer):
        vat_number: str

    ada = BusinessCustomer(id=ID, name="Ada", vat_number="GB 123")
    assert ada == BusinessCustomer(id=ID, name="A. L.", vat_number="GB 123")
    assert ada != Customer(id=ID, name="Ada")


def test_mypy_refuses_to_change_an_id_or_to_replace_equality(tmp_path):
    (tmp_path / "pasted.py").write_text(
        f"{Path(entity.__file__).read_text()}\n\n"
        "class Supplier(Entity):\n"
        "    def __eq__(self, other: object) -> bool:\n"
        "        return True\n\n\n"
        "Supplier().id = uuid4()\n"
    )
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "pasted.py"],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    ).stdout
    assert 'Cannot assign to final attribute "id"' in found
    assert 'Cannot override final attribute "__eq__"' in found
    assert "Found 2 errors" in found
