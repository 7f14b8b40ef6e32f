"""Checks of our own, for Schemathesis to make in its process."""

import schemathesis


@schemathesis.check
def what_fits_the_schema_is_valid(ctx, response, case):
    """A rule of the shop may refuse it, by a type of its own; validation not,
    or the schema does not say all that is validated.
    """
    positive = case.meta and case.meta.generation.mode.is_positive
    if positive and response.status_code == 422:
        problem = response.json()
        if problem["type"].endswith("/invalid-request"):
            untold = [e for e in problem["errors"] if not is_beyond_schemas(e)]
            assert not untold, untold


def is_beyond_schemas(error):
    """That one of two parameters must be there, no schema says; nor which
    domains are reserved (RFC 6761), where ``format`` says what an address is.
    """
    concerns_all = "parameter" not in error and error.get("pointer", "#") == "#"
    return concerns_all or "special-use or reserved" in error["detail"]


@schemathesis.check
def what_is_refused_is_a_problem(ctx, response, case):
    """Whatever refuses it: the router, a limit, a rule."""
    if response.status_code >= 400:
        kind = response.headers["content-type"][0]
        assert kind == "application/problem+json", kind
        assert response.json()["status"] == response.status_code
