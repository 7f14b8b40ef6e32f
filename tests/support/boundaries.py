"""Boundaries: where a process may die, found by instrumenting its modules.

A boundary is the moment before or after an ``await``, the entry or exit of an
``async with``, a step of an ``async for``, or a COMMIT. `instrument` rewrites
the syntax tree of every module it matches on import, so nobody lists them.
"""

import ast
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from importlib.machinery import PathFinder, SourceFileLoader
from selectors import DefaultSelector

from sqlalchemy.engine.default import DefaultDialect

EXCHANGES = (
    (DefaultSelector, "select"),  # an event loop looks for what has come
    (socket.socket, "send"),
    (socket.socket, "sendall"),
    (socket.socket, "sendmsg"),
)
DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

observers: list[Callable[[str], None]] = []
times: Counter[str] = Counter()
exchanges: Counter[str] = Counter()  # of this process with the outside
current: ContextVar[str] = ContextVar("current", default="elsewhere")


def reach(boundary: str) -> None:
    times[boundary] += 1
    again = f" ({times[boundary]})" if times[boundary] > 1 else ""
    for observe in observers:
        observe(boundary + again)


async def awaited(name: str, awaitable: Awaitable):
    outer = current.get()
    current.set(name)
    try:
        reach(f"{name}, before")
        result = await awaitable
        reach(f"{name}, after")
        return result
    finally:
        current.set(outer)


@asynccontextmanager
async def entered(name: str, manager):
    value = await awaited(f"{name}, entry", manager.__aenter__())
    try:
        yield value
    except BaseException as error:
        raised = (type(error), error, error.__traceback__)
        if not await awaited(f"{name}, exit", manager.__aexit__(*raised)):
            raise
    else:
        await awaited(f"{name}, exit", manager.__aexit__(None, None, None))


async def stepped(name: str, items) -> AsyncIterator:
    iterator = aiter(items)
    while True:
        try:
            item = await awaited(name, anext(iterator))
        except StopAsyncIteration:
            return
        yield item


class Instrumented(ast.NodeTransformer):
    """Sends whatever a module awaits through the functions above."""

    def __init__(self, module: str) -> None:
        self._scope = [module.rpartition(".")[2]]

    def visit(self, node):
        if not isinstance(node, DEFINITIONS):
            return super().visit(node)
        self._scope.append(node.name)
        self.generic_visit(node)
        self._scope.pop()
        return node

    def _send(self, node, field: str, through: Callable, word: str):
        awaited = getattr(node, field)
        text = ast.unparse(getattr(awaited, "func", awaited))
        call = "()" if isinstance(awaited, ast.Call) else ""
        name = f"{'.'.join(self._scope)}:{awaited.lineno} {word} {text}{call}"
        self.generic_visit(node)
        wrapper = ast.Name(f"__{through.__name__}__", ast.Load())
        arguments = [ast.Constant(name), getattr(node, field)]
        setattr(node, field, ast.Call(wrapper, arguments, []))
        return ast.fix_missing_locations(node)

    def visit_Await(self, node):
        return self._send(node, "value", awaited, "await")

    def visit_AsyncWith(self, node):
        for item in node.items:
            self._send(item, "context_expr", entered, "async with")
        node.body = [self.visit(statement) for statement in node.body]
        return node

    def visit_AsyncFor(self, node):
        return self._send(node, "iter", stepped, "async for")

    def visit_comprehension(self, node):
        if node.is_async:
            return self._send(node, "iter", stepped, "async for")
        return self.generic_visit(node)


class InstrumentingLoader(SourceFileLoader):
    def get_code(self, fullname: str):  # passes by the cached bytecode
        tree = ast.parse(self.get_data(self.path))
        return compile(Instrumented(fullname).visit(tree), self.path, "exec")

    def exec_module(self, module) -> None:
        for function in (awaited, entered, stepped):
            setattr(module, f"__{function.__name__}__", function)
        super().exec_module(module)


class InstrumentingFinder:
    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, name: str, path=None, target=None):
        if not name.startswith(f"{self._package}."):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if isinstance(spec and spec.loader, SourceFileLoader):
            spec.loader = InstrumentingLoader(name, spec.origin)
        return spec


def counted(name: str, function: Callable) -> Callable:
    def call(*arguments):
        exchanges[name] += 1
        return function(*arguments)

    return call


def instrument(package: str) -> None:
    """From here on: every module of ``package``, and every COMMIT."""
    for owner, name in EXCHANGES:
        setattr(owner, name, counted(name, getattr(owner, name)))
    sys.meta_path.insert(0, InstrumentingFinder(package))
    commit = DefaultDialect.do_commit

    def do_commit(dialect: DefaultDialect, connection) -> None:
        name = f"{current.get()}: COMMIT"
        reach(f"{name}, before")
        commit(dialect, connection)
        reach(f"{name}, after")

    DefaultDialect.do_commit = do_commit
