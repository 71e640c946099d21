"""The documentation: what it links to is there, and its pictures are small."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
STORE = ROOT / "msp_billing" / "static" / "description"
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
SOURCE = re.compile(r'src="([^"]+)"')
LARGEST = 200_000


def _names(pages):
    return [str(page.relative_to(ROOT)) for page in pages]


@pytest.mark.parametrize("page", PAGES, ids=_names(PAGES))
def test_every_link_leads_somewhere(page):
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    missing = [link for link in links if not (page.parent / link).resolve().exists()]
    assert not missing


def test_every_page_of_the_guide_is_linked():
    overview = (ROOT / "docs" / "guide" / "README.md").read_text()
    pages = {page.name for page in (ROOT / "docs" / "guide").glob("*.md")}
    assert {"salesperson.md", "manager.md", "accountant.md"} < pages
    links = {link for link in LINK.findall(overview) if "/" not in link}
    assert pages - {"README.md"} == links


def test_pictures_are_small():
    pictures = [*ROOT.glob("docs/images/**/*.png"), *STORE.glob("*.png")]
    assert len(pictures) > 5
    large = [path.name for path in pictures if path.stat().st_size > LARGEST]
    assert not large


def test_page_of_the_store_has_its_pictures():
    sources = SOURCE.findall((STORE / "index.html").read_text())
    assert 3 <= len(sources) <= 6
    assert all((STORE / source).exists() for source in sources)
