"""Every ```python fence on a page runs and prints what it says it prints."""

import pytest
from pytest_examples import CodeExample, EvalExample, find_examples

from guide.layout import ROOT
from guide.snippets.shown import pages

USAGE = list(find_examples(*(str(ROOT / page) for page in pages())))


@pytest.mark.parametrize(
    "example",
    USAGE,
    ids=lambda e: f"{e.path.parent.name}/{e.path.stem}:{e.start_line}",
)
def test_usage_runs(example: CodeExample, eval_example: EvalExample):
    eval_example.set_config(line_length=80, target_version="py311")
    if eval_example.update_examples:
        eval_example.run_print_update(example)
    else:
        eval_example.run_print_check(example)


def test_usage_that_prints_something_else_is_red(
    tmp_path, eval_example: EvalExample
):
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1 + 1)\n#> 3\n```\n")
    (example,) = find_examples(str(page))
    with pytest.raises(BaseException, match="#> 2"):
        eval_example.run_print_check(example)
