"""The edge: who is told what, over real HTTP from a real PostgreSQL."""

import traceback
from dataclasses import FrozenInstanceError

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine

from snippets.code_style import error_outcomes, error_outcomes_broken
from snippets.code_style.database_errors import database_errors
from snippets.code_style.error_outcomes import Outcome, outcome_of
from snippets.code_style.errors import (
    BusinessRuleError,
    CacheError,
    ConflictError,
    DatabaseError,
    DomainError,
    ExternalApiError,
    InsufficientStockError,
    NotFoundError,
    ShopError,
)
from tests.support.twins import fix_and_twin


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


def app_that_raises(errors, module=error_outcomes):
    """``GET /3`` raises the fourth of `errors`."""
    app = FastAPI()
    module.install_error_handlers(app)

    @app.get("/{number}")
    async def fail(number: int):
        raise errors[number]

    return app


async def answer_of(app, serve, path="/0"):
    async with (
        serve(app) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        return await client.get(path)


async def answers_of(errors, module, serve):
    async with (
        serve(app_that_raises(errors, module)) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        return [await client.get(f"/{number}") for number in range(len(errors))]


def is_about(record):
    return record.name == error_outcomes.__name__


@fix_and_twin(
    "module",
    error_outcomes,
    error_outcomes_broken,
    "The answer shows a stranger the SQL and the customer's e-mail address",
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
    answer = await answer_of(app_with(module), serve, "/orders/7")

    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no order 7"
    assert not [record for record in caplog.records if is_about(record)]


async def test_a_failure_is_logged_once_with_code_context_and_cause(
    nobody, serve, caplog
):
    engine = create_async_engine(
        f"postgresql+asyncpg://shop@127.0.0.1:{nobody}/shop?ssl=disable"
    )
    app = app_with(error_outcomes, engine)
    answer = await answer_of(app, serve, "/customers/ada@shop.example")
    await engine.dispose()

    (record,) = (record for record in caplog.records if record.exc_info)
    assert answer.status_code == 503
    assert is_about(record)
    assert record.code == "database"
    assert record.context == {"operation": "customer", "sqlstate": None}
    assert isinstance(record.exc_info[1].__cause__, ConnectionRefusedError)


@pytest.mark.parametrize("hide", [False, True])
async def test_a_bug_is_logged_once_with_parameters_unless_they_are_hidden(
    hide, asyncpg_url, serve, caplog
):
    engine = create_async_engine(asyncpg_url, hide_parameters=hide)
    app = app_with(error_outcomes, engine)
    answer = await answer_of(app, serve, "/customers/ada@shop.example")
    await engine.dispose()

    (record,) = (record for record in caplog.records if record.exc_info)
    assert answer.status_code == 500
    assert record.name == "uvicorn.error"
    assert isinstance(record.exc_info[1], ProgrammingError)
    assert ("ada@shop.example" in str(record.exc_info[1])) is not hide


async def test_the_database_names_values_that_the_engine_hides(asyncpg_url):
    engine = create_async_engine(asyncpg_url, hide_parameters=True)
    async with engine.begin() as connection:
        await connection.execute(text("create table c (email text unique)"))
    add = text("insert into c values (:email), (:email)")
    with pytest.raises(IntegrityError) as caught:
        async with engine.begin() as connection:
            await connection.execute(add, {"email": "ada@shop.example"})
    await engine.dispose()

    logged = "".join(traceback.format_exception(caught.value))
    assert "Key (email)=(ada@shop.example) already exists" in logged


async def test_a_refusal_may_quote_half_a_character(serve):
    error = NotFoundError("There is no order \ud800\u00e9")
    answer = await answer_of(app_that_raises([error]), serve)
    assert answer.status_code == 404
    assert answer.json()["detail"] == str(error)


async def test_a_path_cannot_write_a_line_of_the_log(serve, caplog):
    app = FastAPI()
    error_outcomes.install_error_handlers(app)

    @app.get("/stock/{sku}")
    async def stock(sku: str):
        raise DatabaseError("The database did not answer")

    await answer_of(app, serve, "/stock/TEA%0AERROR%20all%20is%20lost")

    (record,) = filter(is_about, caplog.records)
    assert "\n" not in record.getMessage()


async def test_a_group_passes_by_the_handlers_of_what_is_in_it(serve):
    answer = await answer_of(app_with(error_outcomes), serve, "/baskets/7")
    assert answer.status_code == 500


async def test_an_error_of_no_family_is_logged_like_a_failure(serve, caplog):
    answer = await answer_of(app_that_raises([ShopError("?")]), serve)

    assert answer.status_code == 500
    (record,) = filter(is_about, caplog.records)
    assert record.code == "error"


def test_an_outcome_is_not_edited_on_its_way_out():
    with pytest.raises(FrozenInstanceError):
        outcome_of(KeyError("x")).detail = "SQL"


def test_logging_refuses_context_keys_that_are_its_own():
    with pytest.raises(KeyError, match="overwrite 'name'"):
        error_outcomes.logger.error("failed", extra={"name": "TEA"})


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (NotFoundError("No TEA"), Outcome(404, "not-found", "No TEA")),
        (ConflictError("Too late"), Outcome(409, "conflict", "Too late")),
        (
            InsufficientStockError.of("TEA", 3, 1),
            Outcome(409, "insufficient-stock", "Only 1 of TEA left"),
        ),
        (BusinessRuleError("No"), Outcome(422, "business-rule", "No")),
        (DomainError("No"), Outcome(422, "not-possible", "No")),
        (DatabaseError("x"), Outcome(503)),
        (CacheError("x"), Outcome(503)),
        (ExternalApiError("x"), Outcome(503)),
        (ShopError("x"), Outcome(500)),
        (KeyError("x"), Outcome(500)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_family_decides(error, outcome):
    assert outcome_of(error) == outcome


async def test_a_refusal_is_a_problem_document(serve):
    error = InsufficientStockError.of("TEA", 3, 1)
    answer = await answer_of(app_that_raises([error]), serve)

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "https://shop.example/problems/insufficient-stock",
        "title": "Conflict",
        "status": 409,
        "detail": "Only 1 of TEA left",
    }
