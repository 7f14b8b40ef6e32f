"""Errors: two families that never overlap, and codes that clients may test."""

import pytest

from snippets.architecture_patterns.errors import (
    ConflictError,
    DomainError,
    InfrastructureError,
    NotFoundError,
)


@pytest.mark.parametrize("error", [DomainError, NotFoundError, ConflictError])
def test_an_answer_for_the_caller_is_no_infrastructure_error(error):
    assert issubclass(error, DomainError)
    assert not issubclass(error, InfrastructureError)


def test_each_family_has_a_code_of_its_own():
    codes = {DomainError.code, NotFoundError.code, ConflictError.code}

    assert codes == {"not-possible", "not-found", "conflict"}


def test_an_error_without_a_code_has_that_of_its_family():
    class CouponExpiredError(ConflictError):
        pass

    assert CouponExpiredError.code == "conflict"
