"""Mutants: what is changed, what is not, and where."""

import textwrap

import pytest

from tests.mutation.mutants import mutants


def changed(text: str) -> list[str]:
    """The new lines of each mutant, without the unchanged ones."""
    text = textwrap.dedent(text).lstrip("\n")
    return [
        " ".join(
            line[1:].strip()
            for line in mutant.diff(text).splitlines()
            if line.startswith("+")
        )
        for mutant in mutants(text)
    ]


@pytest.mark.parametrize(
    ("line", "mutant"),
    [
        ("x = a < b", "x = a <= b"),
        ("x = a is not b", "x = a is b"),
        ("x = a not in b", "x = a in b"),
        ("x = a and b", "x = a or b"),
        ("x = not a", "x = (a)"),
        ("x = f(a + b)", "x = f(a - b)"),
        ("x = a if b else c", "x = a if (not (b)) else c"),
        ("x = [a for a in b if a.c]", "x = [a for a in b if (not (a.c))]"),
        ("x = 1", "x = 2"),
        ("x = True", "x = False"),
        ("x = 'é'", "x = 'XXé'"),
        ("x = f'{a}'", "x = f'XX{a}'"),
        ("x = {1: a, 2: b}", "x = {2: b}"),
        ("x = (a, b)", "x = (a)"),
        ("__table_args__ = (a,)", "__table_args__ = ()"),
        ("x = max(a)", "x = min(a)"),
        ("x = Row(primary_key=True)", "x = Row(primary_key=False)"),
        ("x = Row(key=a, unique=b)", "x = Row(unique=b)"),
        ("x = Row('é', key=a)", "x = Row('é')"),
        ("x = select(a).where(b)", "x = select(a)"),
        ("x = name.strip()", "x = name"),
        ("x = text('select a from b where c > 1 limit 1')",
         "x = text('select a from b where c = 1 limit 1')"),
        ("x = text('select a from b where c > 1 limit 1')",
         "x = text('select a from b where c > 1')"),
    ],
)  # fmt: skip
def test_a_line_is_changed(line, mutant):
    assert mutant in changed(line)


@pytest.mark.parametrize(
    ("body", "mutant"),
    [
        ("return a", "return None"),
        ("raise A", "pass"),
        ("await a()", "pass"),
        ("a.b = c()", "pass"),
        ("a += b", "a -= b"),
        ("del a[b]", "pass"),
        ("if a: b()", "if (not (a)): b()"),
        ("async with a: b()", "if True: b()"),
        ("async with a as b, c: b()", "async with a as b: b()"),
        ("for a in b: break", "for a in b: pass"),
    ],
)
def test_a_statement_is_changed(body, mutant):
    assert mutant in changed(f"async def f():\n    {body}")


def test_declarations_are_changed():
    assert changed(
        """
        @dataclass(frozen=True)
        class Row(StorageError):
            id: Mapped[str | None] = column(primary_key=True)

            @property
            def due(self, size: Annotated[int, Field(gt=a)] = 7): ...
        """
    ) == [
        "",
        "@dataclass(frozen=False)",
        "class Row(Exception):",
        "id: Mapped[str] = column(primary_key=True)",
        "id: Mapped[str | None] = column(primary_key=False)",
        "",
        "def due(self, size: Annotated[int, Field()] = 7): ...",
        "def due(self, size: Annotated[int, Field(gt=a)] = 8): ...",
    ]


def test_a_handler_lets_pass_what_it_caught_or_catches_less():
    assert changed("def f():\n try: return 1\n except (B, C): d()") == [
        "try: return 2",
        "except (C): d()",
        "except (B): d()",
        "except (B, C): raise",
        "except (B, C): pass",
    ]


@pytest.mark.parametrize(
    "text",
    [
        '"""What it says."""',
        "from a import b",
        "T = TypeVar('T', bound='A')",
        "Ids = dict[str, int]",
        "Id = str | int",
        "__all__ = ['a', 'b']",
        "if TYPE_CHECKING:\n    x = 1",
        "@final\nclass A: ...",
        "def f(a: dict[str, int] | None) -> list[str]: ...",
        "x = a(default=None)",
        "x = Field(description='a')",
        "x = a(b)",
        "def f():\n    x = cast('a', b)",
        "x = dataclass(slots=True)",
    ],
)
def test_what_has_no_behaviour_stays(text):
    assert changed(text) == []


def test_the_words_of_messages_stay():
    text = "def f():\n    raise A('no', f'{b}')"

    assert changed(text) == ["pass"]
    assert changed("logger.info('done')") == ["pass"]


def test_a_mutant_knows_its_line_and_its_statement():
    text = "def f(\n  a=1,\n):\n  return g(\n    a,\n    b < c,\n  )\n"

    where = {
        mutant.operator: (mutant.line, mutant.statement, mutant.declares)
        for mutant in mutants(text)
    }

    assert where["number"] == (2, 1, True)
    assert where["comparison"] == (6, 4, False)
