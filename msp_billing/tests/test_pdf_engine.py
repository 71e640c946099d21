import base64
import builtins
import io
import sys
from unittest import skipUnless
from unittest.mock import patch

from pypdf import PdfReader

from odoo.tests import BaseCase, tagged

from ..tools import pdf
from ..tools.print_style import PrintStyle, _contrast, _readable, _valid_colour
from .report_common import read_pages

LOGO = "/web/static/img/logo.png"
REFUSED = (
    "file:///etc/passwd",
    "http://example.com/web/static/img/logo.png",
    "https://odoo.invalid/web/static/img/logo.png",
    "http://odoo.invalid@example.com/web/static/img/logo.png",
    "http://odoo.invalid/web/static/../../odoo/release.py",
    "http://odoo.invalid/web/static/%2e%2e/__manifest__.py",
    "http://odoo.invalid/web/static/..%2f__manifest__.py",
    "http://odoo.invalid/web/static/img\\..\\..\\__manifest__.py",
    "http://odoo.invalid/web/static//etc/passwd",
    "http://odoo.invalid//etc/static/passwd.png",
    "http://odoo.invalid/web/models/static/x.png",
    "http://odoo.invalid/web/static/img/none.png",
    "http://odoo.invalid/web/static/img/logo.png%00.txt",
    "http://odoo.invalid/base/static/description/index.html",
    "http://odoo.invalid/no_such_module/static/x.png",
    "http://odoo.invalid/web/image/1",
    "ftp://odoo.invalid/web/static/img/logo.png",
)


def _kinds(element):
    """Return the kinds of all structure elements of a PDF below one."""
    below = element.get("/K", [])
    kinds = [element["/S"]] if "/S" in element else []
    for entry in below if isinstance(below, list) else [below]:
        entry = entry.get_object()
        if isinstance(entry, dict):
            kinds += _kinds(entry)
    return kinds


@tagged("post_install", "-at_install")
class TestPdfEngine(BaseCase):
    # === WHAT A DOCUMENT MAY LOAD === #
    def test_static_files_of_modules(self):
        path = pdf.static_file(f"http://odoo.invalid{LOGO}?unique=1")
        self.assertTrue(path.endswith(LOGO))

    def test_everything_else_is_refused(self):
        for url in REFUSED:
            with self.subTest(url=url), self.assertRaises(pdf.RefusedAddress):
                pdf.static_file(url)

    @skipUnless(pdf.engine(), "WeasyPrint or Pango is missing")
    def test_fetcher(self):
        fetch = pdf.engine()._fetcher
        data = base64.b64encode(b"hello").decode()
        self.assertEqual(fetch(f"data:text/plain;base64,{data}").read(), b"hello")
        image = fetch(f"http://odoo.invalid{LOGO}")
        self.assertEqual(image.content_type, "image/png")
        self.assertEqual(image.read()[1:4], b"PNG")
        for url in REFUSED:
            with self.subTest(url=url), self.assertRaises(pdf.RefusedAddress):
                fetch(url)

    @skipUnless(pdf.engine(), "WeasyPrint or Pango is missing")
    def test_document_that_asks_for_more_prints_without_it(self):
        html = """
            <link rel="stylesheet" href="http://example.com/x.css"/>
            <link rel="attachment" href="file:///etc/passwd"/>
            <style>@import "file:///etc/passwd"; p { color: red }</style>
            <style>p { background: url(file:///etc/passwd) }</style>
            <p>Still here</p><img src="file:///etc/passwd" alt="no picture"/>
        """
        asked = []
        with patch.object(
            pdf, "open", lambda path, mode: asked.append(path), create=True
        ):
            engine = pdf.engine()
            content = engine.to_pdf([engine.layout(html, [])])
        self.assertIn("Still here", read_pages(content)[0])
        self.assertNotIn(b"EmbeddedFile", content)
        self.assertFalse(asked)

    @skipUnless(pdf.engine(), "WeasyPrint or Pango is missing")
    def test_structure_for_screen_readers(self):
        engine = pdf.engine()
        html = """
            <html lang="de"><title>Rechnung</title><h1>Rechnung</h1>
            <table><thead><tr><th>Menge</th></tr></thead>
            <tbody><tr><td>3</td></tr></tbody></table></html>
        """
        documents = [engine.layout(html, []), engine.layout(html, [])]
        root = PdfReader(io.BytesIO(engine.to_pdf(documents))).trailer["/Root"]
        self.assertTrue(root["/MarkInfo"]["/Marked"])
        self.assertEqual(root["/Lang"], "de")
        kinds = _kinds(root["/StructTreeRoot"])
        self.assertEqual([kinds.count(kind) for kind in ("/H1", "/TH", "/TD")], [2] * 3)

    @skipUnless(pdf.engine(), "WeasyPrint or Pango is missing")
    def test_what_cannot_be_tagged_is_printed(self):
        engine = pdf.engine()
        document = engine.layout("<p>Still here</p>", [])
        write = document.write_pdf

        def refuse(**options):
            if options.get("pdf_tags"):
                raise AssertionError
            return write(**options)

        with (
            patch.object(document, "write_pdf", refuse),
            patch.object(pdf._logger, "info") as told,
        ):
            content = engine.to_pdf([document])
        told.assert_called_once()
        self.assertIn("Still here", read_pages(content)[0])

    # === WITHOUT WEASYPRINT === #
    def _engine_anew(self):
        pdf.engine.cache_clear()
        self.addCleanup(pdf.engine.cache_clear)
        return pdf.engine()

    def test_weasyprint_is_not_installed(self):
        with patch.dict(sys.modules, {"weasyprint": None}):
            self.assertIsNone(self._engine_anew())

    def test_pango_is_missing(self):
        real = builtins.__import__

        def without_pango(name, *args, **kwargs):
            if name.startswith("weasyprint"):
                raise OSError("cannot load library 'libpango-1.0-0'")
            return real(name, *args, **kwargs)

        with patch.object(builtins, "__import__", without_pango):
            self.assertIsNone(self._engine_anew())

    # === STYLE === #
    def test_colours(self):
        self.assertEqual(_valid_colour("#ABC"), "#aabbcc")
        self.assertEqual(_valid_colour("#1D4E6F"), "#1d4e6f")
        for colour in (None, "", "red", "#12", "#12345g", "#fff;}", "#fff\n"):
            self.assertIsNone(_valid_colour(colour))
        self.assertGreaterEqual(_contrast(_readable("#ffff00")), 4.5)
        self.assertEqual(_readable("#000000"), "#000000")

    def test_light_colour_gets_dark_text_on_it(self):
        css = PrintStyle(primary="#ffe066", layout="striped").css()
        self.assertIn("color: #212529", css)
        self.assertNotIn("var(", css)
