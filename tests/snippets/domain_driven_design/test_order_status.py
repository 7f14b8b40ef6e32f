"""Order status: the table has no gap, no loop and no dead end but two."""

import re
from pathlib import Path

import pytest

from snippets.domain_driven_design.order_status import NEXT, OrderStatus
from tests.support.twins import fix_and_twin

PAGE = Path("docs/topics/domain-driven-design/status.md")


def reachable(status):
    found, pending = set(), [status]
    while pending:
        for following in NEXT[pending.pop()] - found:
            found.add(following)
            pending.append(following)
    return found


@fix_and_twin(
    "name",
    "order_status",
    "order_status_broken",
    "A page hides a step from customers, and from then on "
    "no order can be confirmed",
)
def test_who_leaves_out_a_step_leaves_it_out_for_themselves(name, load):
    table = load(name).NEXT

    shown = table[OrderStatus.PENDING]
    shown -= {OrderStatus.CONFIRMED}

    assert shown == {OrderStatus.CANCELLED}
    assert OrderStatus.CONFIRMED in table[OrderStatus.PENDING]


def test_the_twin_says_the_same_until_somebody_takes_from_it(load):
    assert load("order_status_broken").NEXT == NEXT


def test_no_step_can_be_added():
    with pytest.raises(TypeError):
        NEXT[OrderStatus.SHIPPED] = {OrderStatus.PENDING}
    with pytest.raises(AttributeError):
        NEXT[OrderStatus.SHIPPED].add(OrderStatus.PENDING)


def test_every_status_says_what_may_follow():
    assert NEXT.keys() == set(OrderStatus)


def test_every_status_can_be_reached_from_pending():
    others = set(OrderStatus) - {OrderStatus.PENDING}
    assert reachable(OrderStatus.PENDING) == others


def test_no_status_comes_back():
    assert not [one for one in OrderStatus if one in reachable(one)]


def test_an_order_ends_shipped_or_cancelled():
    ends = {status for status, following in NEXT.items() if not following}
    assert ends == {OrderStatus.SHIPPED, OrderStatus.CANCELLED}


def test_the_page_draws_the_table():
    page = (Path(__file__).parents[3] / PAGE).read_text()
    chart = page.partition("stateDiagram-v2")[2].partition("```")[0]
    drawn = set(re.findall(r"(\w+) --> (\w+)", chart))
    assert drawn == {(one, after) for one in NEXT for after in NEXT[one]}
