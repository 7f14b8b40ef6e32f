"""The edge: who is told what, over real HTTP from a real PostgreSQL."""

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.code_style import error_outcomes, error_outcomes_broken
from snippets.code_style.error_outcomes import Outcome, outcome_of
from snippets.code_style.error_translation import database_errors
from snippets.code_style.errors import (
    CacheError,
    DatabaseError,
    DomainError,
    ExternalApiError,
    InsufficientStockError,
    NotFoundError,
    ShopError,
)


def app_with(module, engine=None):
    app = FastAPI()
    module.install_error_handlers(app)

    @app.get("/customers/{email}")
    async def customer(email: str):
        with database_errors("customer"):
            async with engine.connect() as connection:
                await connection.execute(
                    text("select * from customers where email = :email"),
                    {"email": email},
                )

    @app.get("/orders/{order_id}")
    async def order(order_id: str):
        raise NotFoundError(f"There is no order {order_id}")

    @app.get("/baskets/{basket_id}")
    async def basket(basket_id: str):
        raise ExceptionGroup("tasks", [NotFoundError(f"No {basket_id}")])

    return app


@pytest.mark.parametrize(
    "module",
    [
        pytest.param(error_outcomes, id="fix"),
        pytest.param(
            error_outcomes_broken,
            id="broken",
            marks=pytest.mark.xfail(
                strict=True,
                raises=AssertionError,
                reason="The answer shows a stranger the SQL and the customer's "
                "e-mail address",
            ),
        ),
    ],
)
async def test_a_failure_tells_the_caller_nothing(module, asyncpg_url, serve):
    engine = create_async_engine(asyncpg_url)
    async with (
        serve(app_with(module, engine)) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        answer = await client.get("/customers/ada@shop.example")
    await engine.dispose()

    assert answer.is_server_error
    assert "select" not in answer.text
    assert "ada@shop.example" not in answer.text


@pytest.mark.parametrize("module", [error_outcomes, error_outcomes_broken])
async def test_a_refusal_is_told_as_it_is(module, serve, caplog):
    async with (
        serve(app_with(module)) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        answer = await client.get("/orders/7")

    assert answer.status_code == 404
    assert answer.json()["message"] == "There is no order 7"
    assert not [r for r in caplog.records if r.name == error_outcomes.__name__]


async def test_a_failure_is_logged_once_with_code_context_and_cause(
    asyncpg_url, serve, caplog
):
    engine = create_async_engine(asyncpg_url)
    async with (
        serve(app_with(error_outcomes, engine)) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        answer = await client.get("/customers/ada@shop.example")
    await engine.dispose()

    (record,) = (r for r in caplog.records if r.exc_info)
    assert answer.status_code == 503
    assert record.code == "database"
    assert record.context == {"operation": "customer", "sqlstate": "42P01"}
    assert record.exc_info[1].__cause__ is not None


async def test_the_log_shows_parameters_unless_the_engine_hides_them(
    asyncpg_url, serve, caplog
):
    for hide in (False, True):
        caplog.clear()
        engine = create_async_engine(asyncpg_url, hide_parameters=hide)
        async with (
            serve(app_with(error_outcomes, engine)) as url,
            httpx.AsyncClient(base_url=url) as client,
        ):
            await client.get("/customers/ada@shop.example")
        await engine.dispose()

        (record,) = (r for r in caplog.records if r.exc_info)
        cause = str(record.exc_info[1].__cause__)
        assert ("ada@shop.example" in cause) is not hide


async def test_the_database_names_values_that_the_engine_hides(
    asyncpg_url, caplog
):
    engine = create_async_engine(asyncpg_url, hide_parameters=True)
    async with engine.begin() as connection:
        await connection.execute(text("create table c (email text unique)"))
    for _ in range(2):
        try:
            with database_errors("customer"):
                async with engine.begin() as connection:
                    await connection.execute(
                        text("insert into c values (:email)"),
                        {"email": "ada@shop.example"},
                    )
        except DatabaseError:
            error_outcomes.logger.exception("failed")
    await engine.dispose()

    assert "Key (email)=(ada@shop.example) already exists" in caplog.text


async def test_a_group_passes_by_the_handlers_of_what_is_in_it(serve):
    async with (
        serve(app_with(error_outcomes)) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        answer = await client.get("/baskets/7")

    assert answer.status_code == 500


def test_logging_refuses_context_keys_that_are_its_own():
    with pytest.raises(KeyError, match="overwrite 'name'"):
        error_outcomes.logger.error("failed", extra={"name": "TEA"})


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (NotFoundError("No TEA"), Outcome(404, "not-found", "No TEA")),
        (
            InsufficientStockError.of("TEA", 3, 1),
            Outcome(409, "insufficient-stock", "Only 1 of TEA left"),
        ),
        (DomainError("No"), Outcome(422, "refused", "No")),
        (DatabaseError("x"), Outcome(503, "unavailable", "Try again later")),
        (CacheError("x"), Outcome(503, "unavailable", "Try again later")),
        (ExternalApiError("x"), Outcome(503, "unavailable", "Try again later")),
        (ShopError("x"), Outcome(500, "error", "Something went wrong")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_family_decides(error, outcome):
    assert outcome_of(error) == outcome
