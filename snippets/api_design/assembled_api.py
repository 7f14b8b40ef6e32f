"""The API as its clients see it: all routers, and what holds for each of them.

Who may call what stands here, once. Every refusal is documented, operations are
called after their functions, and version 1 has an end.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from fastapi import Depends, FastAPI
from starlette.types import Lifespan

from ..architecture_patterns.error_mapping import install_problem_details
from ..code_style.clock import SystemClock
from .allowed_methods import WholeAllow
from .attachments import attachment_router
from .bulk_payments import bulk_payments
from .conditional_users import conditional_users
from .current_user import CurrentUser, current_user, only_admins
from .deprecation import DeprecatedPaths, Deprecation
from .file_store import FileStore
from .invalid_requests import answer_invalid_requests
from .invoice_issuing import invoice_issuing
from .invoice_line_routes import invoice_lines
from .invoice_query import invoice_search
from .job_resource import job_router
from .keyset_pagination import invoice_list
from .me_routes import me
from .my_order_routes import my_orders
from .offset_pagination import numbered_invoices
from .operation_ids import operation_id
from .problem_details import document_problems, problem_responses
from .request_limits import MEGABYTE
from .sign_in_routes import sign_ins
from .statements import statement_router
from .streaming_export import invoice_export
from .time_limit import TimeLimit
from .user_routes import users
from .versions_by_header import products
from .versions_by_path import products_v1, products_v2

V1_ENDS = Deprecation(
    since=datetime(2026, 11, 2, tzinfo=UTC),
    sunset=datetime(2027, 5, 1, tzinfo=UTC),
    policy="https://shop.example/v1-ends",
    successor="https://shop.example/v2/products",
)


def caller_id(user: CurrentUser) -> UUID:
    """Whose invoices and jobs they are."""
    return user.user_id


def assembled_api(lifespan: Lifespan[FastAPI], files: FileStore) -> FastAPI:
    """All of it, but for what `main` puts on ``app.state``."""
    app = FastAPI(
        title="Shop",
        version="2026-11-02",
        lifespan=lifespan,
        generate_unique_id_function=operation_id,
        responses=problem_responses("4XX", "5XX"),
        max_body_size=MEGABYTE,
    )
    for public in (products, products_v2):
        app.include_router(public)
    app.include_router(
        products_v1, deprecated=True, responses=problem_responses(410)
    )
    for of_callers in (invoice_issuing, statement_router, job_router):
        app.include_router(of_callers(caller_id))
    for own in (me, my_orders):
        app.include_router(own, dependencies=[Depends(current_user)])
    app.include_router(
        conditional_users, prefix="/v2", dependencies=[only_admins]
    )
    for of_staff in (
        users,
        sign_ins,
        invoice_list,
        invoice_search,
        numbered_invoices,
        invoice_lines,
        invoice_export,
        bulk_payments,
        attachment_router(files),
    ):
        app.include_router(of_staff, dependencies=[only_admins])

    install_problem_details(app)
    answer_invalid_requests(app)
    document_problems(app)
    app.add_middleware(WholeAllow, routes=app.routes)
    app.add_middleware(
        DeprecatedPaths, prefix="/v1", deprecation=V1_ENDS, clock=SystemClock()
    )
    app.add_middleware(TimeLimit, within=timedelta(seconds=20))
    return app
