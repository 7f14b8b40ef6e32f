"""A small project to break: one topic, one pattern, its twin, its page."""

import textwrap
from pathlib import Path

import pytest


class Project:
    """Files below a folder, written as indented text."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text).lstrip("\n"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write("requirements.lock", "")
    project.write("tests/__init__.py", "")
    project.write("snippets/__init__.py", "")
    project.write("snippets/pricing/__init__.py", "")
    project.write(
        "snippets/pricing/shipping.py",
        '''
        """Shipping: free from a threshold on."""


        def shipping_cost(total: int) -> int:
            """Cents to add to an order of ``total`` cents."""
            if total >= 5000:
                return 0
            return 490
        ''',
    )
    project.write(
        "snippets/pricing/shipping_broken.py",
        '''
        """Broken: charges the customer who reached the threshold."""


        def shipping_cost(total: int) -> int:
            return 0 if total > 5000 else 490
        ''',
    )
    project.write(
        "tests/snippets/pricing/test_shipping.py",
        """
        import pytest

        from snippets.pricing import shipping, shipping_broken


        @pytest.mark.parametrize(
            "pricing",
            [
                pytest.param(shipping, id="fix"),
                pytest.param(
                    shipping_broken,
                    id="broken",
                    marks=pytest.mark.xfail(
                        strict=True,
                        raises=AssertionError,
                        reason="An order of exactly 50.00 pays shipping",
                    ),
                ),
            ],
        )
        def test_the_threshold_itself_is_free(pricing):
            assert pricing.shipping_cost(5000) == 0


        def test_below_the_threshold_costs():
            assert shipping.shipping_cost(4999) == 490
        """,
    )
    project.write(
        "docs/topics/pricing/index.md",
        """
        # Pricing { #pricing }

        ::: snippet pricing.shipping:shipping_cost

        !!! failure "What breaks"
            ::: snippet pricing.shipping_broken
        """,
    )
    return project
