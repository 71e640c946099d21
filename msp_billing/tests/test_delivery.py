from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .delivery_common import PDF, DeliveryCommon


@tagged("post_install", "-at_install")
class TestDelivery(DeliveryCommon):
    # === QUEUE === #
    def test_billing_queues_one_mail_and_sends_nothing(self):
        self.assertRecordValues(
            self.delivery,
            [
                {
                    "kind": "bill",
                    "state": "queued",
                    "to": "ap@acme.example.com",
                    "attempts": 0,
                    "date_rendered": False,
                    "company_id": self.company.id,
                    "partner_id": self.customer.id,
                }
            ],
        )
        self.assertTrue(self.delivery.message_id.startswith("<"))
        self.assertFalse(self.move.is_move_sent)
        self.assertFalse(self.env["msp.delivery"]._enqueue_bill(self.move))

    def test_database_refuses_a_second_mail_of_a_bill(self):
        vals = {"move_id": self.move.id, "kind": "bill", "to": "x@example.com"}
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.env["msp.delivery"].sudo().create(vals)

    def test_database_refuses_a_second_reminder_of_a_step(self):
        step = self.env.ref("msp_billing.reminder_step_first")
        vals = {"move_id": self.move.id, "kind": "reminder", "step": step.id}
        self.env["msp.delivery"].sudo().create(vals)
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.env["msp.delivery"].sudo().create(vals)

    # === DOCUMENTS === #
    def test_no_mail_leaves_before_its_pdf(self):
        with self._mail_server(self.session):
            self._cron("deliver")
        self.assertFalse(self.session.mails)
        self.assertEqual(self.delivery.state, "queued")

    def test_render_checks_the_pdf_and_leaves_the_bill_unsent(self):
        self._render()
        self.assertTrue(self.delivery.date_rendered)
        self.assertEqual(self.delivery.pdf_size, len(PDF))
        self.assertEqual(len(self.delivery.pdf_checksum), 64)
        self.assertFalse(self.move.is_move_sent)

    def test_empty_or_foreign_document_is_no_pdf(self):
        for content in (b"", b"<html>not a pdf</html>"):
            with self.subTest(content=content):
                self.delivery.sudo().next_try = False
                self._render(content=content)
                self.assertFalse(self.delivery.date_rendered)
                self.assertIn("could not be made", self.delivery.reason)
                self.move.sudo().invoice_pdf_report_id.unlink()

    def test_failing_documents_block_no_others(self):
        customer = self._customer("Beta Ltd")
        self._subscribe(self.plan, customer)
        self._computers(customer, 1)
        other = self._bill_now()
        error = UserError("The e-invoice needs the customer's VAT number.")
        self._render(failing={self.move: error})
        self.assertTrue(other.msp_delivery_ids.date_rendered)
        self.assertRecordValues(
            self.delivery,
            [{"state": "queued", "attempts": 1, "reason": str(error)}],
        )
        self.assertTrue(self.delivery.next_try)
        self.assertEqual(self._activities().user_id, self.salesperson)
        self.assertIn("VAT number", self._activities().note)

    def test_pdf_only_leaves_the_e_invoice_out(self):
        self._render(failing={self.move: UserError("No VAT number.")})
        self.delivery.action_send_pdf_only()
        self.assertTrue(self.delivery.pdf_only)
        session = self._deliver()
        self.assertEqual(len(session.mails), 1)
        self.assertEqual(self.delivery.state, "sent")
        self.assertFalse(self._activities(), "the activity is closed by the mail")

    def test_lost_pdf_is_made_again_before_the_mail(self):
        self._render()
        self.move.sudo().invoice_pdf_report_id.raw = b""
        with self._mail_server(self.session):
            self._cron("deliver")
        self.assertFalse(self.session.mails)
        self.assertEqual(self.delivery.state, "queued")
        session = self._deliver()
        [(message, _sender, _recipients)] = session.mails
        [attachment] = message.iter_attachments()
        self.assertEqual(attachment.get_content(), PDF)

    # === SENDING === #
    def test_sent_mail(self):
        self.customer.lang = "en_US"
        message_id = self.delivery.message_id
        session = self._deliver()
        [(message, sender, recipients)] = session.mails
        self.assertEqual(recipients, ["ap@acme.example.com"])
        self.assertEqual(sender, "billing@msp.example.com")
        self.assertEqual(message["Message-Id"], message_id)
        self.assertIn(self.move.name, message["Subject"])
        body = message.get_body(("html",)).get_content()
        total = f"{self.move.amount_total:.2f}"
        for text in (self.move.name, total, "15 Feb 2026", "1 Jan 2026", "31 Jan 2026"):
            self.assertIn(text, body)
        plain = message.get_body(("plain",)).get_content()
        self.assertIn(f"Bill number: {self.move.name}", plain)
        self.assertIn(f"access_token={self.move.access_token}", plain)
        self.assertIn(f"access_token={self.move.access_token}", body)
        self.assertRecordValues(
            self.delivery,
            [
                {
                    "state": "sent",
                    "attempts": 1,
                    "server_reply": "250 2.0.0 Ok: queued as 4711",
                    "reason": False,
                    "is_noted": True,
                }
            ],
        )
        self.assertTrue(self.move.is_move_sent)
        self.assertTrue(session.closed)

    def test_sent_mail_is_noted_so_that_replies_find_the_bill(self):
        self._deliver()
        note = self.env["mail.message"].search(
            [("message_id", "=", self.delivery.message_id)]
        )
        self.assertEqual((note.model, note.res_id), ("account.move", self.move.id))
        self.assertTrue(note.subtype_id.internal)
        reply = (
            f"From: ap@acme.example.com\nTo: billing@msp.example.com\n"
            f"Message-Id: <reply@acme>\nIn-Reply-To: {self.delivery.message_id}\n"
            "Subject: Re: Bill\nContent-Type: text/plain\n\nWhy so much?\n"
        )
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].sudo().message_process(False, reply)
        answer = self.move.message_ids[0]
        self.assertIn("Why so much?", answer.body)
        self.assertFalse(answer.subtype_id.internal, "the salesperson must see it")

    def test_running_again_sends_nothing_again(self):
        self._deliver()
        session = self._deliver()
        self.assertFalse(session.mails)

    def test_every_recipient_of_the_subscription_gets_it(self):
        self.subscription.bill_email = "b@example.com, a@example.com"
        self.delivery.action_resend()
        [(_message, _sender, recipients)] = self._deliver().mails
        self.assertEqual(recipients, ["a@example.com", "b@example.com"])

    def test_data_in_the_mail_is_never_evaluated(self):
        self.customer.name = "<b>Evil</b> ${7*7} {{7*7}} {number}"
        self.customer.flush_recordset()
        [(message, _sender, _recipients)] = self._deliver().mails
        body = message.get_body(("html",)).get_content()
        self.assertIn("&lt;b&gt;Evil&lt;/b&gt; ${7*7} {{7*7}} {number}", body)

    # === BY HAND === #
    def test_no_address_is_visible_and_mended_on_the_subscription(self):
        self.delivery.sudo().write(
            self.env["msp.delivery"]._prepare_no_address(self.move)
        )
        self._cron("render")
        self.assertEqual(self.delivery.state, "no_address")
        self.assertEqual(self._activities().user_id, self.salesperson)
        self.assertFalse(self.move.is_move_sent)
        self.subscription.bill_email = "new@acme.example.com"
        self.delivery.action_resend()
        session = self._deliver()
        self.assertEqual(session.mails[0][2], ["new@acme.example.com"])
        self.assertFalse(self._activities())

    def test_resend_has_a_new_message_id(self):
        first = self._deliver().mails[0][0]["Message-Id"]
        self.delivery.action_resend()
        second = self._deliver().mails[0][0]["Message-Id"]
        self.assertNotEqual(first, second)
        noted = self.env["mail.message"].search_count(
            [("message_id", "in", (first, second)), ("res_id", "=", self.move.id)]
        )
        self.assertEqual(noted, 2)

    def test_only_a_manager_resends(self):
        delivery = self.delivery.with_user(self.salesperson)
        self.assertEqual(delivery.state, "queued")
        for method in ("action_resend", "action_send_pdf_only", "action_mark_sent"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(delivery, method)()
        with self.assertRaises(AccessError):
            delivery.to = "thief@example.com"

    def test_mark_as_sent(self):
        self.delivery.sudo().state = "failed"
        self.delivery.action_mark_sent()
        self.assertEqual(self.delivery.state, "sent")
        self.assertTrue(self.move.is_move_sent)
        self.assertFalse(self._deliver().mails)

    # === AUDIT === #
    def test_audit_finds_what_was_forgotten(self):
        Delivery = self.env["msp.delivery"].sudo()
        self.assertEqual(Delivery._audit(), [])
        self.env.cr.execute(
            "UPDATE msp_delivery SET write_date = write_date - interval '2 days' "
            "WHERE id = %s",
            [self.delivery.id],
        )
        [finding] = Delivery._audit()
        self.assertIn(self.move.name, finding)
        self.delivery.sudo().unlink()
        [finding] = Delivery._audit()
        self.assertIn("nobody queued", finding)

    # === ACCESS === #
    def test_who_reads_deliveries(self):
        portal = self._new_user("portal", "base.group_portal")
        clerk = self._new_user("clerk", "base.group_user")
        for user in (portal, clerk):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.delivery.with_user(user).read(["to"])
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.delivery.with_user(user).action_resend()
        auditor = self._new_user("auditor", "account.group_account_readonly")
        self.assertTrue(self.delivery.with_user(auditor).read(["to"]))
        with self.assertRaises(AccessError):
            self.delivery.with_user(auditor).action_resend()

    def _new_user(self, login, group):
        return new_test_user(
            self.env,
            login=login,
            groups=group,
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
