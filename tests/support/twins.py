"""A snippet and its failing twin, under one scenario."""

import pytest


def fix_and_twin(  # noqa: PLR0913 - one for each fact of the failure
    argument: str,
    fix: object,
    twin: object,
    reason: str,
    *,
    raises: type[BaseException] = AssertionError,
    match: str = "",
    judged: str = "",
) -> pytest.MarkDecorator:
    """The test runs with the fix, and must fail with the twin as stated.

    ``argument`` is the test's own for either. ``reason`` is one sentence about
    what the user sees; the page shows it. ``match`` is in the text of the
    error, where one class has many causes. ``judged`` names the twin's module,
    ``topic.module``, where it is judged in a process of its own.
    """
    failure = pytest.RaisesExc(raises, match=match) if match else raises
    marks = [pytest.mark.xfail(strict=True, raises=failure, reason=reason)]
    if judged:
        marks.append(pytest.mark.child_process(judged))
    return pytest.mark.parametrize(
        argument,
        [
            pytest.param(fix, id="fix"),
            pytest.param(twin, id="broken", marks=marks),
        ],
    )
