from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models.mail_template import EXAMPLES
from .delivery_common import FakeSession
from .test_reminder import ReminderCommon


@tagged("post_install", "-at_install")
class TestMailTemplate(ReminderCommon):
    """The texts of our mails are e-mail templates of Odoo."""

    def setUp(self):
        super().setUp()
        self.template = self.env.ref("msp_billing.mail_template_bill")
        self.reminder = self.env.ref("msp_billing.mail_template_reminder")

    def _send_again(self):
        """Send the bill by hand; return the mail, or None."""
        self.delivery.action_resend()
        mails = self._deliver().mails
        return mails[0][0] if mails else None

    @staticmethod
    def _html(message):
        return message.get_body(("html",)).get_content()

    # === IN ODOO === #
    def test_all_are_in_the_list_and_can_be_reset(self):
        for name in EXAMPLES:
            with self.subTest(name):
                template = self.env.ref(f"msp_billing.{name}")
                self.assertEqual(template.model, "msp.delivery")
                self.assertTrue(template.template_fs)
                subject, body = template.subject, template.body_html
                template.write({"subject": "Changed", "body_html": "<p>Changed</p>"})
                template.reset_template()
                self.assertEqual(template.subject, subject)
                self.assertEqual(template.body_html, body)

    def test_none_is_deleted(self):
        with self.assertRaises(UserError) as caught:
            self.template.unlink()
        self.assertIn("Reset Template", str(caught.exception))
        self.template.copy().unlink()

    def test_preview_shows_a_mail_of_its_kind(self):
        self._remind("2026-02-22")
        with self.subTest("bill"):
            preview = self._preview(self.template)
            self.assertEqual(preview.resource_ref, self.delivery)
            self.assertIn(self.move.name, preview.subject)
            self.assertIn("31 Jan 2026", preview.body_html)
            self.assertEqual(preview.email_to, "ap@acme.example.com")
        with self.subTest("reminder"):
            preview = self._preview(self.reminder)
            self.assertEqual(preview.resource_ref.step, self.first)
            self.assertIn("15 Feb 2026", preview.subject)
            self.assertIn("It may simply have been overlooked", preview.body_html)
        with self.subTest("statement"):
            statement = self.env["msp.delivery"]._enqueue_statement(self.customer)
            statement.sudo().statement_date = "2026-03-05"
            preview = self._preview("msp_billing.mail_template_statement")
            self.assertIn("as of 5 Mar 2026", preview.subject)
            self.assertIn("5 Mar 2026", preview.body_html)

    def _preview(self, template):
        if isinstance(template, str):
            template = self.env.ref(template)
        preview = self.env["mail.template.preview"].create(
            {"mail_template_id": template.id}
        )
        self.assertFalse(preview.error_msg)
        return preview

    def test_manager_makes_one(self):
        view = self.env.ref("msp_billing.msp_mail_template_view_form")
        context = {"default_model": "msp.delivery"}
        Template = self.env["mail.template"].with_context(**context)
        with Form(Template, view=view) as form:
            form.name = "Friendly"
            form.subject = "Dear {{ object.mail_customer }}"
        self.assertEqual(form.record.model, "msp.delivery")

    # === IN THE MAIL === #
    def test_changed_text_is_sent(self):
        self.template.write(
            {
                "subject": "For {{ object.mail_customer }}: {{ object.mail_amount }}",
                "body_html": "<p>Pay <t t-out='object.mail_residual'/> <b>soon</b></p>",
                "attachment_ids": [
                    (0, 0, {"name": "terms.txt", "raw": b"Be nice.", "type": "binary"})
                ],
            }
        )
        message = self._send_again()
        amount = f"{self.move.amount_total:.2f}"
        self.assertTrue(message["Subject"].startswith("For Acme Ltd: "))
        self.assertIn(amount, message["Subject"])
        html = self._html(message)
        self.assertIn("<b>soon</b>", html)
        self.assertIn("Bill number", html, "the figures stay")
        self.assertIn(self.move.access_token, html, "and the button")
        self.assertNotIn("Thank you for your business", html)
        plain = message.get_body(("plain",)).get_content()
        self.assertIn("soon", plain)
        names = [part.get_filename() for part in message.iter_attachments()]
        self.assertIn("terms.txt", names)
        self.assertEqual(len(names), 2, "with the PDF")

    @mute_logger("odoo.addons.mail.models.mail_render_mixin")
    def test_text_that_cannot_be_filled_in_waits_with_its_reason(self):
        for values in (
            {"body_html": "<p t-out='object.nonsense'/>"},
            {"subject": "{{ object.nonsense }}"},
        ):
            with self.subTest(values):
                # Odoo refuses such a text, but a field may go with its module later.
                with patch.object(type(self.template), "_check_can_be_rendered"):
                    self.template.write(values)
                self.assertFalse(self._send_again())
                self.assertEqual(self.delivery.state, "queued")
                self.assertIn(self.template.name, self.delivery.reason)
                self.assertIn("nonsense", self.delivery.reason)
                self.assertNotIn("Traceback", self.delivery.reason)
                self.template.reset_template()
                self.assertEqual(len(self._again().mails), 1)
                self.assertEqual(self.delivery.state, "sent")

    # === REMINDERS === #
    def test_step_with_a_template_of_its_own(self):
        own = self.reminder.copy(
            {
                "name": "Friendly",
                "subject": "Dear {{ object.mail_customer }}",
                "body_html": "<p>Really <t t-out='object.mail_due_date'/></p>",
            }
        )
        self.first.write({"mail_template_id": own.id, "subject": False, "body": False})
        self._remind("2026-02-22")
        [(message, _sender, _recipients)] = self._deliver().mails
        self.assertEqual(message["Subject"], "Dear Acme Ltd")
        self.assertIn("Really 15 Feb 2026", self._html(message))

    def test_text_of_a_step_is_never_evaluated(self):
        self.first.body = "Pay <b>now</b>\n\n<i t-out='6*7'/> {number}"
        self._remind("2026-02-22")
        [(message, _sender, _recipients)] = self._deliver().mails
        html = self._html(message)
        self.assertIn("Pay &lt;b&gt;now&lt;/b&gt;</p>", html)
        self.assertIn(f"/&gt; {self.move.name}</p>", html)
        self.assertNotIn("<i", html)

    def test_edit_mail_opens_the_template_of_the_step(self):
        self.assertEqual(self.first.action_edit_mail()["res_id"], self.reminder.id)
        own = self.reminder.copy()
        self.first.mail_template_id = own
        self.assertEqual(self.first.action_edit_mail()["res_id"], own.id)

    def test_changed_reminder_template_holds_for_all_steps(self):
        self.reminder.body_html = (
            "<div t-out='object.mail_text'/><p>Our bank has moved.</p>"
        )
        self._remind("2026-02-22")
        self._render()
        with self._mail_server(FakeSession()) as session:
            self._cron("deliver")
        html = self._html(session.mails[0][0])
        self.assertIn("It may simply have been overlooked", html)
        self.assertIn("Our bank has moved.", html)
