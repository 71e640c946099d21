"""From HTML to PDF with WeasyPrint, which is optional.

WeasyPrint takes more than a second to import and fails with an OSError where the
Pango library is missing: it is imported at first use, and without it ``engine()``
answers None.
"""

import functools
import logging
import mimetypes
import threading
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from lxml import html as lxml_html

from odoo.tools.misc import file_path

from .time_limit import TimeLimitExceeded, limited

_logger = logging.getLogger(__name__)

# Never asked over a network: it only makes ``/web/static/...`` an absolute address.
BASE_URL = "http://odoo.invalid/"
HOST = urlsplit(BASE_URL).netloc
STATIC_TYPES = (
    ".css",
    ".gif",
    ".jpeg",
    ".jpg",
    ".otf",
    ".png",
    ".svg",
    ".ttf",
    ".webp",
    ".woff",
    ".woff2",
)
# What a customer's HTML asks for and does not get is no news.
LOG_LEVELS = {
    "weasyprint": logging.ERROR,
    "weasyprint.progress": logging.ERROR,
    "fontTools": logging.WARNING,
}
# Seconds for a document, on a slow machine: a bill takes a fraction of one. Below the
# two minutes after which Odoo ends a worker, with all that it was about to make.
LIMIT = 60
# Pango's font maps must not be used by two threads at once.
_lock = threading.RLock()


class RefusedAddress(ValueError):
    """The document asks for something that a bill must not load."""


def static_file(url):
    """Return the file behind ``/<module>/static/...``, and refuse everything else.

    :raises RefusedAddress: for other hosts, schemes and folders
    :rtype: str
    """
    parts = urlsplit(url)
    path = unquote(parts.path)
    names = path.split("/")[1:]
    if (
        parts.scheme != "http"
        or parts.netloc != HOST
        or "\\" in path
        or "\0" in path
        or len(names) < 3
        or names[1] != "static"
        or {"", ".", ".."} & set(names)
    ):
        raise RefusedAddress(f"A document may not load {url[:200]}")
    try:
        return file_path("/".join(names), filter_ext=STATIC_TYPES)
    except (FileNotFoundError, ValueError) as error:
        raise RefusedAddress(f"A document may not load {url[:200]}") from error


@functools.cache
def engine():
    """Return WeasyPrint with what all documents share, or None without it.

    :rtype: Engine | None
    """
    try:
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher, URLFetcherResponse
    except (ImportError, OSError) as error:
        _logger.info("Bills are printed by wkhtmltopdf, without WeasyPrint: %s", error)
        return None
    for name, level in LOG_LEVELS.items():
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, level))

    class StaticFetcher(URLFetcher):
        """Serves data: and the static files of modules, and nothing else."""

        def fetch(self, url, headers=None):
            """EXTENDS weasyprint: no network, no files but static ones."""
            if url[:5].lower() == "data:":
                return super().fetch(url, headers)
            path = static_file(url)
            with open(path, "rb") as file:
                content = file.read()
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            return URLFetcherResponse(url, content, {"Content-Type": kind})

    return Engine(
        weasyprint,
        FontConfiguration(),
        StaticFetcher(allowed_protocols=["data"], allow_redirects=False),
    )


def read_html(text):
    """Return the tree of an HTML document as WeasyPrint takes it.

    The HTML parser of WeasyPrint is written in Python: lxml's is ten times as fast.

    :param str text: the whole document
    :rtype: xml.etree.ElementTree.Element
    """
    return _copy_element(lxml_html.document_fromstring(text))


def _copy_element(source):
    element = Element(source.tag, dict(source.attrib))
    element.text, element.tail = source.text, source.tail
    for child in source:
        if isinstance(child.tag, str):
            element.append(_copy_element(child))
        elif child.tail:
            # A comment goes, the text behind it stays.
            if len(element):
                element[-1].tail = (element[-1].tail or "") + child.tail
            else:
                element.text = (element.text or "") + child.tail
    return element


class Engine:
    """WeasyPrint, its fonts and the style sheets that were read so far."""

    def __init__(self, weasyprint, fonts, fetcher):
        self._weasyprint = weasyprint
        self._document = _document_class(weasyprint, fetcher)
        self._fonts = fonts
        self._fetcher = fetcher
        self._sheet = functools.lru_cache(maxsize=64)(self._read_sheet)

    def layout(self, html, sheets):
        """Lay out one document, with its own page numbers.

        :param str html: the whole document
        :param list[str] sheets: texts of style sheets, read once
        :return: a document of WeasyPrint
        :raises TimeLimitExceeded: when it does not come to an end
        """

        def render():
            return self._document(html).render(
                stylesheets=[self._sheet(sheet) for sheet in sheets],
                font_config=self._fonts,
            )

        return self._limited(LIMIT, render)

    def to_pdf(self, documents):
        """Return one PDF of documents that were laid out.

        :param list documents: answers of :meth:`layout`, at least one
        :raises TimeLimitExceeded: when it does not come to an end
        :rtype: bytes
        """

        def write():
            first = documents[0]
            if len(documents) > 1:
                first = first.copy(
                    [page for document in documents for page in document.pages]
                )
            try:
                # Tagged: a screen reader tells headings, tables and their rows.
                return first.write_pdf(pdf_tags=True)
            except AssertionError:
                # WeasyPrint refuses to tag what it draws twice, as floats in two pages.
                _logger.info("A PDF has no tags for screen readers", exc_info=True)
                return first.write_pdf()

        return self._limited(LIMIT + len(documents), write)

    def _limited(self, seconds, call):
        with _lock:
            try:
                return limited(seconds, call)
            except TimeLimitExceeded:
                # It was ended anywhere: the next document gets an engine of its own.
                engine.cache_clear()
                raise

    def _read_sheet(self, sheet):
        return self._weasyprint.CSS(
            string=sheet,
            base_url=BASE_URL,
            url_fetcher=self._fetcher,
            font_config=self._fonts,
        )


def _document_class(weasyprint, fetcher):
    """Return WeasyPrint's HTML document, read by :func:`read_html`."""
    import cssselect2

    class Document(weasyprint.HTML):
        """All that WeasyPrint 70 sets; its own reading of the text is left out."""

        def __init__(self, text):
            self.base_url = BASE_URL
            self.url_fetcher = fetcher
            self.media_type = "print"
            self.wrapper_element = cssselect2.ElementWrapper.from_html_root(
                read_html(text), content_language=None
            )
            self.etree_element = self.wrapper_element.etree_element

    return Document
