"""Problem details: the document promises what the answers are."""

import httpx
import pytest
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer

from snippets.api_design import (
    problem_details,
    problem_details_http_broken,
    problem_details_model_broken,
)
from snippets.api_design.problem_details import (
    ProblemDetails,
    document_problems,
    problem_responses,
)
from snippets.architecture_patterns import error_mapping
from snippets.code_style.errors import NotFoundError
from tests.support.http import served
from tests.support.twins import fix_and_twin

PROBLEM = "application/problem+json"


def app_with(install, responses=problem_responses):
    app = FastAPI(responses=problem_responses("4XX", "5XX"))
    install(app)
    document_problems(app)

    @app.get("/orders/{order_id}", responses=responses(404, 409))
    async def order(order_id: int) -> str:
        if order_id == 42:
            return "TEA-1"
        raise NotFoundError(f"There is no order {order_id}")

    @app.get("/account", dependencies=[Depends(HTTPBearer())])
    async def account() -> None: ...

    return app


async def answers(app, *paths, method="GET"):
    async with (
        served(app) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        return [await client.request(method, path) for path in paths]


@fix_and_twin(
    "module",
    problem_details,
    problem_details_model_broken,
    "The document promises application/json; every refusal breaks the promise.",
)
async def test_the_document_names_the_media_type_of_the_answer(module):
    app = app_with(
        error_mapping.install_problem_details, module.problem_responses
    )
    (answer,) = await answers(app, "/orders/7")
    operation = app.openapi()["paths"]["/orders/{order_id}"]["get"]

    assert answer.headers["Content-Type"] == PROBLEM
    assert list(operation["responses"]["404"]["content"]) == [PROBLEM]


async def test_both_document_the_schema():
    for module in (problem_details, problem_details_model_broken):
        app = app_with(
            error_mapping.install_problem_details, module.problem_responses
        )
        assert "ProblemDetails" in app.openapi()["components"]["schemas"]


@fix_and_twin(
    "module",
    error_mapping,
    problem_details_http_broken,
    "A mistyped path is answered in another form than every other refusal.",
)
async def test_what_the_router_refuses_has_the_same_form(module):
    app = app_with(module.install_problem_details)
    (unknown,) = await answers(app, "/nowhere")
    (wrong,) = await answers(app, "/account", method="DELETE")

    assert (unknown.status_code, wrong.status_code) == (404, 405)
    assert unknown.headers["Content-Type"] == PROBLEM
    assert wrong.headers["Content-Type"] == PROBLEM


@fix_and_twin(
    "module",
    error_mapping,
    problem_details_http_broken,
    "The 401 does not say how to log in, and the client gives up.",
)
async def test_a_refusal_keeps_its_headers(module):
    (answer,) = await answers(
        app_with(module.install_problem_details), "/account"
    )

    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.headers.get("WWW-Authenticate") == "Bearer"


async def test_an_answer_is_what_the_schema_says():
    app = app_with(error_mapping.install_problem_details)
    found, missing = await answers(app, "/orders/42", "/orders/7")

    assert found.json() == "TEA-1"
    assert ProblemDetails.model_validate_json(missing.content) == (
        ProblemDetails(
            type="https://shop.example/problems/not-found",
            title="Not Found",
            status=404,
            detail="There is no order 7",
        )
    )


def test_every_operation_documents_every_refusal_and_none_of_fastapis():
    document = app_with(error_mapping.install_problem_details).openapi()

    for path in document["paths"].values():
        assert {"200", "4XX", "5XX"} <= path["get"]["responses"].keys()
    assert document["components"]["schemas"].keys() == {
        "InvalidInput",
        "ProblemDetails",
    }
    described = document["paths"]["/orders/{order_id}"]["get"]["responses"]
    assert described["409"]["description"] == "Conflict"
    assert described["4XX"]["description"] == "The request was refused"


def test_every_reference_in_the_document_leads_somewhere():
    app = app_with(error_mapping.install_problem_details)

    def references(node):
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            node = list(node.values())
        if isinstance(node, list):
            for item in node:
                yield from references(item)

    document = app.openapi()
    assert app.openapi() is document  # made once
    found = set(references(document))
    assert found
    for reference in found:
        _, _, *steps = reference.split("/")
        assert steps[1] in document["components"][steps[0]]


def test_a_document_without_any_schema_gets_one():
    app = FastAPI()
    document_problems(app)
    assert "ProblemDetails" in app.openapi()["components"]["schemas"]


def test_a_range_is_one_of_two():
    with pytest.raises(KeyError):
        problem_responses("9XX")
