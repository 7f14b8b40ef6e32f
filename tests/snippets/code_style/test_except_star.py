"""``except*``: one plain error for a caller who knows nothing of tasks."""

import asyncio
import contextlib
import sys

import pytest

from snippets.code_style import (
    except_star,
    except_star_broken,
    except_star_cancelled_broken,
)
from snippets.code_style.cleanup import to_the_end
from snippets.code_style.errors import (
    ConflictError,
    DatabaseError,
    DomainError,
    InsufficientStockError,
    ShopError,
)
from tests.support.twins import fix_and_twin

both = pytest.mark.parametrize("module", [except_star, except_star_broken])


def reserve_with(errors):
    """All reservations have started before the first one fails."""
    barrier = asyncio.Barrier(max(1, len(errors)))

    async def reserve(sku):
        if sku in errors:
            await barrier.wait()
            raise errors[sku]

    return reserve


SOLD_OUT = InsufficientStockError.of("TEA", 3, 1)
DOWN = DatabaseError("The database failed")


@fix_and_twin(
    "module",
    except_star,
    except_star_broken,
    "An order of one sold-out article is refused politely, "
    "an order of two answers 500",
    raises=ExceptionGroup,
)
async def test_a_sold_out_article_is_a_refusal(module):
    reserve = reserve_with({"TEA": SOLD_OUT})
    with pytest.raises(ConflictError):
        await module.reserve_all(["TEA", "CUP"], reserve)


@both
async def test_alone_in_its_order_too(module):
    with pytest.raises(ConflictError):
        await module.reserve_all(["TEA"], reserve_with({"TEA": SOLD_OUT}))


@both
async def test_all_that_is_there_is_reserved(module):
    await module.reserve_all(["TEA", "CUP"], reserve_with({}))


async def test_the_error_is_raised_as_it_was():
    with pytest.raises(InsufficientStockError) as caught:
        await except_star.reserve_all(["TEA"], reserve_with({"TEA": SOLD_OUT}))
    assert caught.value is SOLD_OUT


@pytest.mark.parametrize("skus", [["TEA", "CUP"], ["CUP", "TEA"]])
async def test_a_failure_goes_before_a_refusal(skus):
    reserve = reserve_with({"TEA": SOLD_OUT, "CUP": DOWN})
    with pytest.raises(DatabaseError):
        await except_star.reserve_all(skus, reserve)


async def test_a_bug_is_not_disguised_as_a_refusal():
    reserve = reserve_with({"TEA": SOLD_OUT, "CUP": KeyError("CUP")})
    with pytest.raises(ExceptionGroup) as caught:
        await except_star.reserve_all(["TEA", "CUP"], reserve)
    assert caught.group_contains(KeyError)


TURNS = 8  # of the loop, between the refusal and the end


def sold_out_and_cleaning_up(refused):
    async def reserve(sku):
        if sku == "TEA":
            refused.set()
            raise InsufficientStockError.of("TEA", 3, 1)
        try:
            await asyncio.Event().wait()
        finally:
            await to_the_end(asyncio.sleep(0))

    return reserve


@pytest.mark.parametrize(
    "module",
    [
        pytest.param(except_star, id="fix"),
        pytest.param(
            except_star_cancelled_broken,
            id="broken",
            marks=pytest.mark.xfail(
                sys.version_info < (3, 13),
                strict=True,
                raises=AssertionError,
                reason="A worker that is told to stop just as an order is "
                "refused takes the next order, and never ends",
            ),
        ),
    ],
)
async def test_told_to_stop_while_a_refusal_is_dealt_with_it_stops(module):
    async def work(refused):
        with contextlib.suppress(DomainError):
            await module.reserve_all(
                ["CUP", "TEA"], sold_out_and_cleaning_up(refused)
            )
        await asyncio.Event().wait()  # for the next order

    ended = []
    for turns in range(TURNS):
        refused = asyncio.Event()
        worker = asyncio.create_task(work(refused))
        await refused.wait()
        for _ in range(turns):
            await asyncio.sleep(0)
        worker.cancel()
        await asyncio.wait({worker}, timeout=0.1)
        ended.append(worker.cancelled())
        worker.cancel()
        await asyncio.wait({worker})

    assert all(ended)


async def test_left_alone_both_refuse():
    for module in (except_star, except_star_cancelled_broken):
        with pytest.raises(InsufficientStockError):
            await module.reserve_all(
                ["CUP", "TEA"], sold_out_and_cleaning_up(asyncio.Event())
            )
        await module.reserve_all(["CUP"], reserve_with({}))


def test_a_group_in_a_group_is_unwrapped():
    group = ExceptionGroup("outer", [ExceptionGroup("inner", [SOLD_OUT])])
    assert except_star.first(group) is SOLD_OUT


def raise_inside_except_star(*errors):
    try:
        raise ExceptionGroup("tasks", errors)
    except* DomainError as group:
        raise except_star.first(group) from None


def test_what_is_raised_inside_except_star_is_grouped_with_the_rest():
    with pytest.raises(ExceptionGroup) as caught:
        raise_inside_except_star(SOLD_OUT, KeyError("bug"))
    assert caught.group_contains(InsufficientStockError, depth=1)
    assert caught.group_contains(KeyError)


def test_what_is_raised_inside_except_star_alone_stays_alone():
    with pytest.raises(InsufficientStockError):
        raise_inside_except_star(SOLD_OUT)


def test_except_star_takes_plain_errors_too():
    seen = []
    try:
        raise SOLD_OUT
    except* ShopError as group:
        seen += group.exceptions
    assert seen == [SOLD_OUT]


def test_except_star_may_not_return():
    with pytest.raises(SyntaxError, match="'return' cannot appear"):
        compile(
            "def f():\n"
            "    try:\n        pass\n"
            "    except* ValueError:\n        return 1\n",
            "f.py",
            "exec",
        )
