"""Pytest plugin: what this machine lacks is skipped and named, or red in CI.

Tests that need it end in `give_up`. ``WITHOUT="rabbitmq chromium"`` in the
environment hides what is there; with ``CI=true`` whatever is missing fails.
"""

import os
from collections import Counter
from typing import NoReturn

import pytest

from servers.catalogue import SERVERS

PRODUCTS = {server.name: server.product for server in SERVERS} | {
    "chromium": "Chromium"
}
VARIABLE = "WITHOUT"
HIDDEN = f"hidden by {VARIABLE}"
PROPERTY = "missing"  # of a test's report: product and remedy


class Missing(pytest.skip.Exception):  # type: ignore[misc,name-defined]  # pytest declares it Any
    """A skip that says which product the test did without."""

    def __init__(self, product: str, remedy: str) -> None:
        super().__init__(f"No {product}: {remedy}")
        self.product, self.remedy = product, remedy


def give_up(name: str, remedy: str) -> NoReturn:
    """Skip the test that needs the product; fail it in CI."""
    missing = Missing(PRODUCTS[name], remedy)
    if is_ci():
        pytest.fail(str(missing), pytrace=False)
    raise missing


def is_ci() -> bool:
    return os.environ.get("CI", "").lower() not in {"", "0", "false"}


def is_hidden(name: str) -> bool:
    return PRODUCTS[name].lower() in _hidden()


def _hidden() -> set[str]:
    return {*os.environ.get(VARIABLE, "").lower().replace(",", " ").split()}


def pytest_configure() -> None:
    products = {product.lower() for product in PRODUCTS.values()}
    if unknown := _hidden() - products:
        raise pytest.UsageError(
            f"{VARIABLE} names {', '.join(sorted(unknown))}, "
            f"not one of {', '.join(PRODUCTS.values())}"
        )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: "pytest.CallInfo[None]"
) -> None:
    """Note it where the report, which workers send on, is made from."""
    if call.excinfo and isinstance(missing := call.excinfo.value, Missing):
        item.user_properties.append(
            (PROPERTY, [missing.product, missing.remedy])
        )


def found_missing(report: pytest.TestReport) -> tuple[str, str] | None:
    """Product and remedy, if the test was skipped for want of one."""
    if report.skipped:
        for key, value in report.user_properties:
            if key == PROPERTY and isinstance(value, list | tuple):
                product, remedy = value
                return product, remedy
    return None


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter,
) -> None:
    skipped = Counter(
        filter(None, map(found_missing, terminalreporter.getreports("skipped")))
    )
    for (product, remedy), tests in sorted(skipped.items()):
        terminalreporter.write_line(
            f"No {product}, {tests} tests skipped: {remedy}", yellow=True
        )
