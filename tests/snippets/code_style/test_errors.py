"""The hierarchy: codes are a contract, errors survive a process border."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest

from snippets.code_style import errors, errors_broken
from snippets.code_style.errors import (
    ExternalApiError,
    InsufficientStockError,
    ShopError,
)
from tests.support.twins import fix_and_twin


def refuse(make):
    raise make("SKU-1", 3, 1)


def all_below(family):
    for below in family.__subclasses__():
        yield below
        yield from all_below(below)


def own_errors():
    return [
        error
        for error in [ShopError, *all_below(ShopError)]
        if error.__module__ == errors.__name__
    ]


@fix_and_twin(
    "make",
    InsufficientStockError.of,
    errors_broken.InsufficientStockError,
    "One sold-out article in a worker process takes the "
    "whole process pool down",
    raises=BrokenProcessPool,
    judged="code_style.errors_broken",
)
def test_an_error_comes_back_from_a_worker_process(make):
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        error = pool.submit(refuse, make).exception()
        assert pool.submit(len, "alive").result() == len("alive")

    assert str(error) == "Only 1 of SKU-1 left"


@pytest.mark.parametrize(
    "make", [InsufficientStockError.of, errors_broken.InsufficientStockError]
)
def test_in_one_process_both_say_what_is_left(make):
    with pytest.raises(Exception, match="Only 1 of SKU-1 left"):
        refuse(make)


def test_the_context_crosses_the_border_too():
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        error = pool.submit(refuse, InsufficientStockError.of).exception()

    assert error.context == {"sku": "SKU-1", "requested": 3, "available": 1}


def test_context_may_have_a_message_of_its_own():
    error = ExternalApiError("The carrier refused", message="Unknown street")
    assert str(error) == "The carrier refused"
    assert error.context == {"message": "Unknown street"}


def test_codes_are_a_contract():
    assert {error.__name__: error.code for error in own_errors()} == {
        "ShopError": "error",
        "DomainError": "not-possible",
        "NotFoundError": "not-found",
        "ConflictError": "conflict",
        "BusinessRuleError": "business-rule",
        "InsufficientStockError": "insufficient-stock",
        "InfrastructureError": "unavailable",
        "DatabaseError": "database",
        "CacheError": "cache",
        "ExternalApiError": "external-api",
    }


def test_no_two_errors_share_a_code():
    codes = [error.code for error in own_errors()]
    assert len(codes) == len(set(codes))
