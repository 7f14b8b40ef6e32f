"""The one stylesheet: what stays, what goes."""

import pytest

from guide.site.stylesheet import StylesheetError, Used, pruned

PAGE = """
<html lang="en" dir="ltr"><body class="page" style="color: var(--shown)">
<p id="first" hidden>text</p><input type="checkbox" data-mode="dark">
<script>add("from-script", "--read")</script>
</body></html>
"""


@pytest.fixture
def used() -> Used:
    used = Used()
    used.add_page(PAGE)
    return used


@pytest.mark.parametrize(
    "rule",
    [
        "p{top:0}",
        ".page>p{top:0}",
        "#first:not(.never):is(.never,p){top:0}",
        "[hidden]{top:0}",
        "[data-mode=dark]{top:0}",
        '[data-mode="dark"]{top:0}',
        "[data-mode^=light]{top:0}",
        "[type=checkbox]:checked+p::before{top:0}",
        ".from-script{top:0}",
        "*{top:0}",
        "@font-face{top:0}",
        "@media print{p{top:0}}",
    ],
)
def test_what_a_page_or_a_script_names_stays(used, rule):
    assert pruned(rule, used).replace(";", "") == rule


@pytest.mark.parametrize(
    "rule",
    [
        "article{top:0}",
        ".page .never{top:0}",
        "#never{top:0}",
        "[data-mode=never]{top:0}",
        "[never]{top:0}",
        "[dir=rtl] p{top:0}",
        "@media print{article{top:0}}",
        "p{}",
    ],
)
def test_what_nothing_names_goes(used, rule):
    assert pruned(rule, used) == ""


def test_of_a_list_of_selectors_the_used_ones_stay(used):
    assert pruned("article,p , .never{top:0}", used) == "p{top:0;}"


def test_properties_that_nothing_reads_go_and_then_what_they_read(used):
    css = """
    p {
        --shown: var(--kept); --kept: 1; --unread: var(--second);
        --second: 2; --read: url("data:,;}"); top: 0;
    }
    """
    assert pruned(css, used) == (
        'p{--shown: var(--kept);--kept: 1;--read: url("data:,;}");top: 0;}'
    )


def test_a_part_of_material_that_is_switched_off_goes(used):
    used.add_script('query(".md-search-result"); query(".md-header")')
    css = ".md-search-result{top:0}.md-header{top:0}"
    assert pruned(css, used) == ".md-header{top:0;}"


@pytest.mark.parametrize("mistake", ["p", "p{top}", "@media print{p{top}}"])
def test_what_is_no_css_is_named_by_its_line(used, mistake):
    with pytest.raises(StylesheetError, match="line 2"):
        pruned(f"p{{top:0}}\n{mistake}", used)
