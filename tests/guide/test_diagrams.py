"""The Mermaid fence."""

from markdown import Markdown

from guide.diagrams import fence_mermaid_custom


def page(text: str) -> str:
    fence = {"name": "mermaid", "class": "m", "format": fence_mermaid_custom}
    return Markdown(
        extensions=["pymdownx.superfences"],
        extension_configs={"pymdownx.superfences": {"custom_fences": [fence]}},
    ).convert(text)


def test_the_source_reaches_mermaid_to_the_letter():
    rendered = page('```mermaid\na["x<br/>y"] --> b & c\n```')
    assert rendered == (
        '<pre class="mermaid"><code>'
        "a[&quot;x&lt;br/&gt;y&quot;] --&gt; b &amp; c"
        "</code></pre>"
    )


def test_mermaid2_knows_the_fence_by_its_name():
    assert fence_mermaid_custom.__name__ == "fence_mermaid_custom"
