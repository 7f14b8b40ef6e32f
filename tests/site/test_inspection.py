"""The inspection notices each thing it looks for."""

import re

import pytest
import pytest_asyncio

from tests.site.inspection import inspect

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOUND = """
# Sound

Text with `code` and a [link](#sound).

<figure class="snippet"><figcaption class="snippet__title"><a
href="#sound"><code>snippets/caching/single_flight.py</code></a> <span
class="snippet__symbol">SingleFlight</span></figcaption><div
class="highlight no-copy"><pre><code><span class="k">return</span> <span
class="c1"># a comment that is longer than any phone is wide, and then some
</span></code></pre></div><div class="snippet__foot"><p
class="snippet__evidence">Run by <a href="#sound">4 passing tests</a> on
PostgreSQL 18.6.</p><p class="snippet__with">Copy along: <a
href="#sound"><code>money.py</code></a>. Needs: <code>redis</code>.</p><p
class="snippet__actions"><button type="button" class="snippet__copy"
data-copy="x">Copy</button></p></div></figure>

!!! failure "What breaks"

    <figure class="snippet snippet--broken"><figcaption
    class="snippet__title"><a href="#sound"><code>broken.py</code></a> <span
    class="snippet__badge">Wrong on purpose</span></figcaption><div
    class="highlight no-copy"><pre><code><span class="k">return</span> <span
    class="c1"># comment</span> <span class="s1">'text'</span> <span
    class="mi">1</span> <span class="nb">len</span> <span
    class="nf">name</span> <span class="nd">@mark</span></code></pre></div>
    <div class="snippet__foot"><p class="snippet__symptom">Two customers get
    the last item.</p><p class="snippet__evidence">Fails 1 test, as stated.</p>
    </div></figure>

!!! warning "Mind"
    Text.

??? note "More"
    Text.

=== "One way"
    Text.

=== "Another"
    Text.

- [ ] A box to tick.

```python
@mark
class Order(Base):
    total: int = 1 + len("text")  # comment


async def place(order: Order | None = None) -> None:
    raise ValueError(f"no {order!r}") from None
```

| A | B |
|---|---|
| `a_name_that_does_not_break_in_a_table_cell` | `another_such_name` |

```mermaid
sequenceDiagram
    accTitle: A call
    accDescr: A calls B, which answers with a line break in its name.
    participant B as B<br/>two
    A->>B: call
```
"""

FAULTS = {
    "a diagram of small print": (
        "<div style='width: 200px'>\n\n"
        '<div class="diagram"><svg viewBox="0 0 400 40" role="img">'
        '<path d="M0 0h9"/><rect width="9" height="9"/>'
        '<text font-size="16" y="30">Small</text></svg></div></div>',
        "a diagram of small print",
    ),
    "a diagram without text": (
        "```mermaid\nflowchart TB\n  a --> b\n```",
        "without accTitle, accDescr",
    ),
    "an image from elsewhere": (
        '<img alt="" src="https://example.com/a.png">',
        "request to example.com",
    ),
    "an image that is missing": ('<img alt="" src="/none.png">', "404 for"),
    "a script that fails": ("<script>nothing.at.all</script>", "script: "),
    "a warning in the console": (
        "<script>console.warn('mind')</script>",
        "console: mind",
    ),
    "an image without alternative": (
        '<img src="/assets/mark.svg">',
        "desktop: image-alt",
    ),
    "faint text": ('<p style="color: #bbb">Faint</p>', "light: color-contrast"),
    "text that is faint in the dark": (
        '<p style="color: #444">Faint</p>',
        "dark: color-contrast",
    ),
    "a faint token after others of its class": (
        "<pre><code>"
        '<span class="k">if</span> '
        '<span class="k" style="color: #bbb">or</span>'
        "</code></pre>",
        "light: color-contrast",
    ),
    "something wider than a phone": (
        '<div style="width: 400px">Wide</div>',
        r"\d+ px wide: .*width: 400px",
    ),
    "a scroller out of the keyboard's reach": (
        '<div style="overflow: auto; height: 30px"><p>A<br>B<br>C</p></div>',
        "scrollable-region-focusable",
    ),
    "code cut off in print": (
        '<pre style="overflow: hidden"><code style="white-space: pre !important'
        f'; display: inline-block">{"long " * 60}</code></pre>',
        "cuts off long",
    ),
    "a button in print": (
        '<button style="display: block !important">Press</button>',
        "shows BUTTON",
    ),
    "dark paper": (
        '<pre><code style="background: #222 !important; color: #fff">dark'
        "</code></pre>",
        "prints CODE on rgb",
    ),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def small_site(page_of):
    names = dict(zip(FAULTS, map("fault{}.md".format, range(99)), strict=False))
    pages = {names[fault]: FAULTS[fault][0] for fault in FAULTS}
    pages = {name: f"# Page\n\n{text}\n" for name, text in pages.items()}
    page = await page_of({"index.md": SOUND} | pages)
    return page, names


async def test_a_look_that_was_fine_on_another_surface_is_noticed(page_of):
    page = await page_of(
        {
            "index.md": "# Page\n\nText\n",
            "again.md": "# Page\n\nText\n",
            "dark.md": '# Page\n\n<p style="background: #333">Text</p>\n',
        }
    )
    assert await inspect(page, "/") == []
    assert await inspect(page, "/again/") == []
    problems = await inspect(page, "/dark/")
    assert any("light: color-contrast" in problem for problem in problems)


async def test_a_page_with_every_element_is_sound(small_site):
    page, _ = small_site
    assert await inspect(page, "/") == []


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_is_noticed(fault, small_site):
    page, names = small_site
    problems = await inspect(page, f"/{names[fault].removesuffix('.md')}/")
    expected = FAULTS[fault][1]
    assert any(re.search(expected, problem) for problem in problems), problems
