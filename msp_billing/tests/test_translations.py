import re
from pathlib import Path

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_path
from odoo.tools.translate import TranslationModuleReader

import odoo.addons

from .report_common import ReportCommon

# What stands in a bill of three computers, one of them from 11 January.
BILL = {
    "de_DE": (
        *("Rechnungsdatum", "Fälligkeitsdatum", "Menge", "Einzelpreis"),
        *("Betreuter Computer, ", "83 Computertage in 31 Tagen = 2,68 Computer"),
    ),
    "es_ES": (
        *("Fecha de factura", "Fecha de vencimiento", "Cantidad", "Precio unitario"),
        *("Equipo gestionado, ", "83 días-equipo en 31 días = 2,68 equipos"),
    ),
    "fr_FR": (
        *("Date de facturation", "Quantité", "Prix unitaire"),
        *("Ordinateur géré, ", "83 jours-ordinateurs sur 31 jours = 2,68 ordinateurs"),
    ),
}
MAIL = {
    "de_DE": ("Guten Tag Acme", "Rechnungsnummer", "Mit freundlichen Grüßen"),
    "es_ES": ("Hola Acme", "Número de factura"),
    "fr_FR": ("Bonjour Acme", "Numéro de facture"),
}
ENGLISH = re.compile(
    r"\b(the|and|are|bill|computers|invoice|days|quantity|price|due|paid|hello)\b",
    re.IGNORECASE,
)


@tagged("post_install", "-at_install")
class TestTranslations(ReportCommon):
    """What customers read is in their language, without a word of English."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in BILL:
            cls.env["res.lang"]._activate_lang(code)
        cls.env["ir.module.module"]._load_module_terms(["msp_billing"], [*BILL])
        cls.plan = cls._plan()
        cls.plan.price_ids.usage_basis = "average"

    def _bill_in(self, code):
        customer = self._customer("Acme", lang=code)
        self._computers(customer, 1, date_from="2026-01-11")
        return self._billed(customer, self.plan, computers=2)

    def _assert_speaks(self, text, words):
        text = " ".join(text.split())
        for word in words:
            self.assertIn(word, text)
        self.assertEqual(ENGLISH.findall(text), [])

    def test_documents(self):
        for code, words in BILL.items():
            with self.subTest(code):
                self._assert_speaks(" ".join(self._print(self._bill_in(code))), words)

    def test_mails(self):
        for code, words in MAIL.items():
            with self.subTest(code):
                [delivery] = self._bill_in(code).msp_delivery_ids
                values = delivery._mail_values()
                texts = (delivery._mail_subject(values), delivery._mail_plain(values))
                html = str(delivery._mail_html(values))
                body = re.sub(r"<[^>]+>|https?://\S+", " ", html)
                self._assert_speaks(f"{texts[0]} {body}", words)
                self._assert_speaks(re.sub(r"https?://\S+", "", texts[1]), words[:2])

    def test_reminders(self):
        """Each step has its texts in each language, with the same placeholders."""
        steps = self.env["msp.reminder.step"].search([("company_id", "=", False)])
        self.assertGreaterEqual(len(steps), 3)
        for code in BILL:
            for step in steps:
                with self.subTest(step=step.name, code=code):
                    translated = step.with_context(lang=code)
                    for field in ("subject", "body"):
                        ours, theirs = step[field], translated[field]
                        self.assertEqual(ENGLISH.findall(theirs), [])
                        self.assertEqual(
                            sorted(re.findall(r"\{\w+\}", ours)),
                            sorted(re.findall(r"\{\w+\}", theirs)),
                        )

    # === NAMES OF PRICES === #
    def _names(self, plan):
        codes = ("en_US", "de_DE", "es_ES")
        return [plan.price_ids.with_context(lang=code).name for code in codes]

    def test_default_name_of_a_price_is_translated(self):
        default = ["Managed computer", "Betreuter Computer", "Equipo gestionado"]
        self.assertEqual(self._names(self.plan), default)
        german = self.env["msp.service.plan"].with_context(lang="de_DE")
        plan = german.create({"name": "Pflege", "cost_per_computer": 5})
        self.assertEqual(self._names(plan), default)
        typed = self._plan(prices=[{"name": "Desk care", "unit_price": 5}])
        self.assertEqual(self._names(typed), ["Desk care"] * 3)

    def test_typed_name_of_a_price_holds_for_all_languages(self):
        price = self.plan.price_ids
        price.with_context(lang="de_DE").name = "Pflege"
        self.assertEqual(self._names(self.plan), ["Pflege"] * 3)
        price.with_context(lang="es_ES").name = "Cuidado"
        price.name = "Care"
        self.assertEqual(self._names(self.plan), ["Care", "Care", "Cuidado"])


@tagged("post_install", "-at_install")
class TestTemplate(TransactionCase):
    """The template of the translations is up to the code: ``python3 -m dev i18n``."""

    def test_template_has_the_terms_of_the_code(self):
        # Only where the add-on lies: the walk through all others takes seconds.
        folder = Path(file_path("msp_billing")).parent
        self.patch(odoo.addons, "__path__", [str(folder)])
        reader = TranslationModuleReader(self.env.cr, modules=["msp_billing"])
        terms = {source for _module, _type, _name, _id, source, *_rest in reader}
        template = polib.pofile(file_path("msp_billing/i18n/msp_billing.pot"))
        kept = {entry.msgid for entry in template}
        self.assertEqual(sorted(terms - kept), [], "New: python3 -m dev i18n")
        self.assertEqual(sorted(kept - terms), [], "Gone: python3 -m dev i18n")
