"""The mutants of a module: each is one small change that a test should notice.

Declarations are changed as well as operators: keyword arguments, defaults,
decorators, columns, elements of tables. Types, and the words of messages and
logs, are not: no test of behaviour can tell.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from itertools import pairwise

SWAPS = {
    ast.Eq: ("comparison", "==", "!="),
    ast.NotEq: ("comparison", "!=", "=="),
    ast.Lt: ("comparison", "<", "<="),
    ast.LtE: ("comparison", "<=", "<"),
    ast.Gt: ("comparison", ">", ">="),
    ast.GtE: ("comparison", ">=", ">"),
    ast.Is: ("comparison", "is", "is not"),
    ast.IsNot: ("comparison", r"is\s+not", "is"),
    ast.In: ("comparison", "in", "not in"),
    ast.NotIn: ("comparison", r"not\s+in", "in"),
    ast.And: ("boolean", "and", "or"),
    ast.Or: ("boolean", "or", "and"),
    ast.Add: ("arithmetic", r"\+", "-"),
    ast.Sub: ("arithmetic", "-", "+"),
    ast.Mult: ("arithmetic", r"\*", "+"),
    ast.Div: ("arithmetic", "/", "*"),
    ast.FloorDiv: ("arithmetic", "//", "*"),
    ast.Mod: ("arithmetic", "%", "*"),
    ast.Pow: ("arithmetic", r"\*\*", "*"),
    ast.BitOr: ("arithmetic", r"\|", "&"),
    ast.BitAnd: ("arithmetic", "&", "|"),
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
TIDYING = {"strip", "lower", "upper", "casefold", "copy", "normalize"}
CLAUSES = {"where", "filter", "order_by", "options", "returning"}
SQL = re.compile(r"\s*(select|insert|update|delete|with) ", re.IGNORECASE)
SQL_CHANGES = {
    r"\s+(for update|skip locked|desc|distinct)\b": "",
    r"\s+on conflict\s+(\([^)]*\)\s+)?do nothing": "",
    r"\s+(order by|limit) [\w.:%]+": "",
    r"(?<=\s)and(?=\s)": "or",
    r"(?<=\s)[<>](?=\s)": "=",
    r"(?<=\s)=(?=\s)": "<>",
}
LOGGERS = {"log", "logger", "logging", "_log", "_logger"}
FOR_READERS = {"description", "title", "summary", "help", "examples"}
FOR_MEMORY = {"slots"}
NAMES_ONLY = {"__all__", "__slots__", "__tablename__"}
FOR_TYPES = {"final", "override", "overload", "runtime_checkable"}
TYPES = {"TypeVar", "ParamSpec", "NewType", "TypeVarTuple"}
OPENING = re.compile(rb"[a-zA-Z]*(\"\"\"|'''|\"|')")
DECIDED = (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Constant)  # as they are
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
Change = tuple[str, int, int, str]


@dataclass(frozen=True)
class Mutant:
    """One change of a module's text: of the bytes ``start`` to ``end``.

    ``line`` is that of the change; ``statement`` the first of the statement
    around it, which is what coverage counts.
    """

    operator: str
    line: int
    statement: int
    declares: bool  # takes effect on import
    start: int
    end: int
    becomes: str

    def of(self, text: str) -> str:
        """The module's text with this change."""
        data = text.encode()
        changed = data[: self.start] + self.becomes.encode() + data[self.end :]
        return changed.decode()

    def diff(self, text: str) -> str:
        old, new = text.splitlines(), self.of(text).splitlines()
        lines = list(unified_diff(old, new, lineterm="", n=0))[2:]
        return "\n".join(line for line in lines if line[0] != "@")


@dataclass(frozen=True)
class Place:
    """Where in the tree a node stands."""

    statement: int = 1
    declares: bool = True
    quiet: bool = False  # its words are for people
    is_type: bool = False


def mutants(text: str) -> list[Mutant]:
    """Every mutant of a module that compiles and differs, in its order."""
    tree = ast.parse(text)
    original, found = ast.dump(tree), dict[Mutant, None]()
    for mutant in _Mutator(text).walk(tree, Place()):
        try:
            changed = ast.parse(mutant.of(text))
            compile(changed, "mutant", "exec", dont_inherit=True)
        except SyntaxError:
            continue
        if ast.dump(changed) != original:
            found[mutant] = None
    return sorted(found, key=lambda each: (each.line, each.start, each.end))


class _Mutator:
    def __init__(self, text: str) -> None:
        self._data = text.encode()
        lines = self._data.splitlines(keepends=True)
        self._offsets = [0]
        for line in lines:
            self._offsets.append(self._offsets[-1] + len(line))

    def walk(self, node: ast.AST, place: Place) -> Iterator[Mutant]:
        if _has_no_behaviour(node, place):
            return
        if isinstance(node, ast.stmt | ast.ExceptHandler):
            place = replace(place, statement=node.lineno, quiet=_speaks(node))
        elif isinstance(node, ast.Call):
            place = replace(
                place, quiet=place.quiet or _speaks(node), is_type=False
            )
        if not place.is_type:
            for change in self._changes(node, place):
                yield self._mutant(change, place)
        elif _nullable(node):
            span = self._end(node.slice.left), self._end(node)  # type: ignore[attr-defined]  # a Subscript of a BinOp
            yield self._mutant(("nullable", span[0], span[1] - 1, ""), place)
        if isinstance(node, ast.JoinedStr):
            return  # positions inside are not reliable before Python 3.12
        for field, value in ast.iter_fields(node):
            inner = place
            if field in {"annotation", "returns", "bases"}:
                inner = replace(place, is_type=True)
            elif field == "body" and isinstance(node, FUNCTIONS):
                inner = replace(place, declares=False)
            children = value if isinstance(value, list) else [value]
            if field == "args" and _name(node) == "cast":
                children = children[1:]
            for child in filter(_is_node, children):
                yield from self.walk(child, inner)

    def _changes(self, node: ast.AST, place: Place) -> Iterator[Change]:
        if isinstance(node, ast.stmt | ast.ExceptHandler):
            yield from self._of_statement(node)
        elif isinstance(node, ast.Constant | ast.JoinedStr):
            yield from self._of_constant(node, place)
        elif isinstance(node, ast.expr | ast.comprehension):
            yield from self._of_expression(node, place)

    def _of_statement(self, node: ast.AST) -> Iterator[Change]:  # noqa: PLR0912 - one case for each kind
        match node:
            case ast.Return(value=ast.expr() as value):
                if not isinstance(value, ast.Constant):
                    yield self._to("return", value, "None")
            case ast.Raise():
                yield self._to("raise", node, "pass")
            case ast.Break() | ast.Continue() | ast.Delete():
                yield self._to("statement", node, "pass")
            case ast.Expr(value=ast.Call() | ast.Await()):
                yield self._to("statement", node, "pass")
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
                if not isinstance(node.value, ast.Name):  # self.x = x
                    yield self._to("statement", node, "pass")
            case ast.AugAssign(target=left, op=op, value=right):
                yield from self._swap(op, left, right)
            case ast.If(test=test) | ast.While(test=test):
                yield from self._negated(test)
            case ast.With(items=items) | ast.AsyncWith(items=items):
                spans = [
                    (self._start(item.context_expr), self._end(last))
                    for item in items
                    for last in [item.optional_vars or item.context_expr]
                ]
                dropped = list(self._without_one("context", spans))
                if len(items) == 1:
                    dropped = [
                        ("context", self._start(node), spans[0][1], "if True")
                    ]
                for item, change in zip(items, dropped, strict=True):
                    if item.optional_vars is None:
                        yield change
            case ast.ExceptHandler(type=kinds, body=[first, *_]):
                if not (isinstance(first, ast.Raise) and first.exc is None):
                    span = self._start(first), self._end(node.body[-1])
                    yield "handler", *span, "raise"
                if isinstance(kinds, ast.Tuple):
                    yield from self._dropped("handler", kinds.elts)
            case ast.ClassDef(bases=[ast.Name(id=name) as base]):
                if name.endswith("Error"):
                    yield self._to("base", base, "Exception")
        for decorator in getattr(node, "decorator_list", []):
            if _name(decorator) not in FOR_TYPES:
                start = self._data.rindex(b"@", 0, self._start(decorator))
                yield "decorator", start, self._end(decorator), ""

    def _of_expression(  # noqa: PLR0912 - one case for each kind
        self, node: ast.AST, place: Place
    ) -> Iterator[Change]:
        match node:
            case ast.Name(id=name, ctx=ast.Load()) if name in NAMES:
                yield self._to("name", node, NAMES[name])
            case ast.Compare(left=left, ops=ops, comparators=others):
                for op, first, second in zip(
                    ops, [left, *others], others, strict=False
                ):
                    yield from self._swap(op, first, second)
            case ast.BoolOp(op=op, values=values):
                for first, second in pairwise(values):
                    yield from self._swap(op, first, second)
            case ast.BinOp(left=left, op=op, right=right):
                yield from self._swap(op, left, right)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield self._to("boolean", node, f"({self._source(operand)})")
            case ast.IfExp(test=test):
                yield from self._negated(test)
            case ast.comprehension(ifs=tests):
                for test in tests:
                    yield from self._negated(test)
            case ast.Dict(keys=keys, values=values) if len(keys) > 1:
                spans = [
                    (self._start(key), self._end(value))
                    for key, value in zip(keys, values, strict=True)
                    if key
                ]
                if len(spans) == len(keys):
                    yield from self._without_one("element", spans)
            case ast.Set(elts=items) | ast.List(elts=items):
                if len(items) > 1:
                    yield from self._dropped("element", items)
            case ast.Tuple(elts=items, ctx=ast.Load()):
                if place.declares and len(items) > 1:
                    yield from self._dropped("element", items)
                elif place.declares and items:
                    yield self._to("element", node, "()")
            case ast.Call():
                yield from self._of_call(node, place)

    def _of_call(self, node: ast.Call, place: Place) -> Iterator[Change]:
        given = [*node.args, *node.keywords]
        counts = len(given) > 1 and (place.declares or _name(node) in CLAUSES)
        for item, change in zip(
            given, self._dropped("argument", given), strict=True
        ):
            if isinstance(item, ast.keyword):
                # A flag is turned; None is what would be without it.
                value = getattr(item.value, "value", "")
                is_flag = value is None or isinstance(value, bool)
                if not is_flag and not _has_no_behaviour(item, place):
                    yield change
            elif counts:
                yield change
        match node.func:
            case ast.Attribute(value=value, attr=name):
                if isinstance(value, ast.Call) or name in TIDYING:
                    yield "chain", self._end(value), self._end(node), ""

    def _of_constant(self, node: ast.AST, place: Place) -> Iterator[Change]:
        start, end = self._start(node), self._end(node)
        match getattr(node, "value", ""):
            case bool(value):
                yield "constant", start, end, str(not value)
            case int(value) | float(value) if not place.quiet:
                yield "number", start, end, str(value + 1)
            case str(value) if SQL.match(value):
                raw = self._data[start:end].decode("latin-1")  # bytes count
                for pattern, becomes in SQL_CHANGES.items():
                    for found in re.finditer(pattern, raw, re.IGNORECASE):
                        first, last = found.span()
                        yield "sql", start + first, start + last, becomes
            case str() | bytes() if not place.quiet:
                opening = OPENING.match(self._data, start)
                at = opening.end() if opening else start
                yield "string", at, at, "XX"

    def _swap(
        self, op: ast.AST, left: ast.expr, right: ast.expr
    ) -> Iterator[Change]:
        operator, old, new = SWAPS.get(type(op), ("", "$.", ""))
        start = self._end(left)
        between = self._data[start : self._start(right)].decode("latin-1")
        if found := re.search(old, between):
            yield operator, start + found.start(), start + found.end(), new

    def _negated(self, test: ast.expr) -> Iterator[Change]:
        if not isinstance(test, DECIDED):
            yield self._to("boolean", test, f"(not ({self._source(test)}))")

    def _dropped(
        self, operator: str, items: Sequence[ast.AST]
    ) -> Iterator[Change]:
        spans = [(self._start(item), self._end(item)) for item in items]
        yield from self._without_one(operator, spans)

    def _without_one(
        self, operator: str, spans: Sequence[tuple[int, int]]
    ) -> Iterator[Change]:
        """One change for each item: the list without it, and a comma."""
        for number, (start, end) in enumerate(spans):
            if number + 1 < len(spans):
                yield operator, start, spans[number + 1][0], ""
            elif number:
                yield operator, spans[number - 1][1], end, ""
            else:
                comma = re.compile(rb"\s*,?").match(self._data, end)
                yield operator, start, comma.end() if comma else end, ""

    def _to(self, operator: str, node: ast.AST, becomes: str) -> Change:
        return operator, self._start(node), self._end(node), becomes

    def _mutant(self, change: Change, place: Place) -> Mutant:
        operator, start, end, becomes = change
        removed = self._data[start:end]
        first = start + len(removed) - len(removed.lstrip())
        line = self._data.count(b"\n", 0, first) + 1
        where = line, place.statement, place.declares
        return Mutant(operator, *where, start, end, becomes)

    def _source(self, node: ast.AST) -> str:
        return self._data[self._start(node) : self._end(node)].decode()

    def _start(self, node: ast.AST) -> int:
        at: int = node.col_offset  # type: ignore[attr-defined]  # only asked of what has it
        return self._offsets[node.lineno - 1] + at  # type: ignore[attr-defined]  # as above

    def _end(self, node: ast.AST) -> int:
        at: int = node.end_col_offset  # type: ignore[attr-defined]  # as above
        return self._offsets[node.end_lineno - 1] + at  # type: ignore[attr-defined]  # as above


def _has_no_behaviour(node: ast.AST, place: Place) -> bool:  # noqa: PLR0911 - one case for each kind
    """Docstrings, imports, and what only a reader or a checker looks at."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
            return True
        case ast.If(test=test):
            return _name(test) == "TYPE_CHECKING"
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name in NAMES_ONLY or isinstance(
                value, ast.Subscript | ast.BinOp if place.declares else ()
            )
        case ast.keyword(arg=name):
            return name in FOR_READERS | FOR_MEMORY
        case ast.Call():
            return _name(node) in TYPES
        case ast.Subscript(slice=ast.Tuple()):
            return not place.is_type
    return False


def _is_node(value: object) -> bool:
    return isinstance(value, ast.AST)


def _nullable(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Subscript)
        and _name(node.value) == "Mapped"
        and isinstance(node.slice, ast.BinOp)
    )


def _speaks(node: ast.AST) -> bool:
    """Raises or logs: the words in it are for people."""
    return isinstance(node, ast.Raise) or (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and _name(node.func.value) in LOGGERS
    )


def _name(node: ast.AST) -> str:
    """The name in which what is called, or referred to, ends."""
    match node:
        case ast.Call(func=function):
            return _name(function)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""
