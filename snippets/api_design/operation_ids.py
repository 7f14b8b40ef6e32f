"""Operation ids: what the functions of a generated client are called.

FastAPI makes them of function, path and method, so they change with the path.
"""

from fastapi.routing import APIRoute


def operation_id(route: APIRoute) -> str:
    """For ``FastAPI(generate_unique_id_function=operation_id)``.

    The name of the function, which is then part of the API: unique among all
    routers, and kept when the function moves. FastAPI warns of two alike
    ("Duplicate Operation ID"); let your tests make an error of it.
    """
    return route.name
