from datetime import timedelta
from unittest import skipUnless
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from ..tools import pdf, time_limit
from .delivery_common import DeliveryCommon, FakeSession

LOG = "odoo.addons.msp_billing.models.ir_actions_report"


def for_ever(*_args, **_options):
    while True:
        pass


@tagged("post_install", "-at_install")
class TestTimeLimit(BaseCase):
    def test_what_ends_in_time_is_answered(self):
        self.assertEqual(time_limit.limited(60, lambda: 4), 4)

    def test_what_never_ends_is_given_up(self):
        with self.assertRaises(time_limit.TimeLimitExceeded):
            time_limit.limited(0.05, for_ever)

    def test_no_handler_of_exceptions_holds_it(self):
        def stubborn():
            while True:
                try:
                    for_ever()
                except Exception:  # noqa: BLE001, S112 - as a library may do it
                    continue

        with self.assertRaises(time_limit.TimeLimitExceeded):
            time_limit.limited(0.05, stubborn)

    def test_errors_are_those_of_the_call(self):
        with self.assertRaises(ZeroDivisionError):
            time_limit.limited(60, lambda: 1 / 0)


@tagged("post_install", "-at_install")
@skipUnless(pdf.engine(), "WeasyPrint or Pango is missing")
class TestRenderFailures(DeliveryCommon):
    """A PDF engine that hangs, fails or kills stops its PDF and nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        customer = cls._customer("Beta Ltd")
        cls._subscribe(cls.plan, customer, bill_email="ap@beta.example.com")
        cls._computers(customer, 1)
        cls.other = cls._bill_now()
        # Core makes real PDFs in tests only where it is told so.
        cls.deliveries = cls.delivery + cls.other.msp_delivery_ids

    def _engine_with(self, failure):
        """Have an engine that fails on the first customer's bill."""
        layout, name = pdf.Engine.layout, self.customer.name

        def fail(engine, html, sheets):
            if name not in html:
                return layout(engine, html, sheets)
            if isinstance(failure, Exception):
                raise failure
            return engine._limited(0.05, failure)

        return patch.object(pdf.Engine, "layout", fail)

    def _assert_only_the_other(self, reason):
        """The other bill has its PDF and its mail, this one waits for its reason."""
        self.assertFalse(self.delivery.date_rendered)
        self.assertFalse(self.delivery.date_begun)
        self.assertIn(reason, self.delivery.reason)
        self.assertIn(self.move.name, self.delivery.reason)
        self.assertTrue(self.delivery.next_try)
        with self._mail_server(FakeSession()) as session:
            self._cron("deliver")
        recipients = [address for _m, _s, mail in session.mails for address in mail]
        self.assertEqual(recipients, ["ap@beta.example.com"])
        self.assertEqual(self.delivery.state, "queued")
        self.assertTrue(self._activities())

    # === ENGINE === #
    def test_engine_that_hangs(self):
        with self._engine_with(for_ever):
            self._cron("render")
        self._assert_only_the_other("was given up after")

    def test_engine_that_fails(self):
        with self._engine_with(ValueError("no such box")), mute_logger(LOG):
            self._cron("render")
        self._assert_only_the_other("no such box")

    def test_after_a_hang_the_engine_works_again(self):
        with self._engine_with(for_ever):
            self._cron("render")
        self.delivery.sudo().next_try = False
        self._cron("render")
        self.assertTrue(self.delivery.date_rendered)

    def test_printing_by_hand_says_what_failed(self):
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        with (
            self._engine_with(ValueError("no such box")),
            mute_logger(LOG),
            self.assertRaisesRegex(UserError, f"{self.move.name}.*no such box"),
        ):
            report._render_qweb_pdf("account.account_invoices", self.move.ids)

    def test_no_engine_at_all_sends_no_mail(self):
        error = UserError("Unable to find Wkhtmltopdf on this system.")
        Report = self.env.registry["ir.actions.report"]
        with (
            patch.object(pdf, "engine", return_value=None),
            patch.object(Report, "_run_wkhtmltopdf", side_effect=error),
        ):
            self._cron("render")
        with self._mail_server(FakeSession()) as session:
            self._cron("deliver")
        self.assertFalse(session.mails)
        for delivery in self.deliveries:
            self.assertEqual(delivery.state, "queued")
            self.assertIn("Wkhtmltopdf", delivery.reason)
        self._cron("render")
        self.assertFalse(any(self.deliveries.mapped("date_rendered")), "they wait")
        self.deliveries.sudo().next_try = False
        self._cron("render")
        self.assertTrue(all(self.deliveries.mapped("date_rendered")))

    # === PROCESS === #
    def test_document_that_kills_the_process_waits_behind_the_others(self):
        began = fields.Datetime.now() - timedelta(minutes=11)
        self.delivery.sudo().date_begun = began
        self._cron("render")
        self._assert_only_the_other("The server stopped while the documents of")
        self.assertEqual(self.delivery.attempts, 1)
        self.delivery.sudo().next_try = False
        self._cron("render")
        self.assertTrue(self.delivery.date_rendered)
        self.assertEqual(self.delivery.attempts, 0)

    def test_document_that_another_worker_makes_is_left_alone(self):
        self.delivery.sudo().date_begun = fields.Datetime.now()
        self._cron("render")
        self.assertTrue(self.other.msp_delivery_ids.date_rendered)
        self.assertFalse(self.delivery.date_rendered)
        self.assertFalse(self.delivery.reason)

    def test_the_beginning_is_known_before_the_document(self):
        seen = []

        def generate(delivery):
            seen.append(delivery.date_begun)
            raise ValueError("not now")

        Delivery = self.env.registry["msp.delivery"]
        log = "odoo.addons.msp_billing.models.msp_delivery_work"
        with patch.object(Delivery, "_generate_documents", generate), mute_logger(log):
            self._cron("render")
        self.assertEqual(len(seen), 2)
        self.assertTrue(all(seen))
        self.assertFalse(any(self.deliveries.mapped("date_begun")))
