"""Fixtures for this topic's tests."""

from collections.abc import Callable
from importlib.util import find_spec, module_from_spec
from types import ModuleType

import pytest


@pytest.fixture
def load() -> Callable[[str], ModuleType]:
    """Executes a module of this topic anew, inside the test.

    What a class declares takes effect at import, so a twin that is wrong in
    its declarations must be imported by the test that proves it.
    """

    def load_module(name: str) -> ModuleType:
        spec = find_spec(f"snippets.domain_driven_design.{name}")
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load_module
