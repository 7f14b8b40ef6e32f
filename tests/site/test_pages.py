"""Every written page, and some of each generated kind, looked at in a browser,
have nothing wrong. What a browser is not needed for is in test_structure.
"""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.site.inspection import follow, inspect
from tests.site.seen import is_known, remember
from tests.site.site import generated, written

pytestmark = pytest.mark.asyncio(loop_scope="session")


LOADED = re.compile(
    r"<script.*?</script>|<link[^>]*stylesheet[^>]*>|<style.*?</style>",
    re.DOTALL,
)
UPWARDS = re.compile(r'(?<=")\.\.(/\.\.)*/?')
ONE_OF_EACH_GENERATED_KIND = [
    "/reference/",
    "/reference/domain_driven_design/money/",
    "/decide/outcomes/complex-domain_cross-service_real-time/",
    "/404.html",
]


@pytest.mark.parametrize("path", [*written(), *ONE_OF_EACH_GENERATED_KIND])
async def test_a_page_has_nothing_wrong(path, site, shared_page):
    if not is_known(site, path):
        assert await inspect(shared_page, path) == []
        remember(site, path)


@pytest.mark.parametrize("path", generated()[::15])
async def test_a_link_to_a_page_leads_to_nothing_wrong(
    path, site, walking_page
):
    if not is_known(site, path):
        assert await inspect(walking_page, path, follow) == []
        remember(site, path)


@pytest.mark.parametrize("kind", ["/reference/", "/decide/outcomes/"])
async def test_opened_by_address_pages_of_one_kind_load_the_same(site, kind):
    """So that one of them, opened by its address, stands for all."""
    pages = [path for path in generated() if path.startswith(kind)]
    shown = [page for page in ONE_OF_EACH_GENERATED_KIND if page in pages]
    assert shown
    assert {loaded(site, page) for page in pages} == {loaded(site, shown[0])}


def loaded(site: Path, path: str) -> tuple[str, ...]:
    """Scripts and styles of a page, however deep it lies."""
    html = (site / path.strip("/") / "index.html").read_text()
    return tuple(UPWARDS.sub("", tag) for tag in LOADED.findall(html))


async def test_no_page_of_the_site_is_left_out(site: Path):
    sitemap = (site / "sitemap.xml").read_text()
    locations = re.findall(r"<loc>(.*?)</loc>", sitemap)
    assert {urlsplit(location).path for location in locations} == {
        *written(),
        *generated(),
    }


async def test_a_missing_page_says_where_to_go(shared_page):
    response = await shared_page.goto("http://guide.localhost/topics/nothing/")
    assert response.status == 404
    await shared_page.get_by_role("link", name="answer five questions").click()
    await shared_page.wait_for_url("**/decide/")
