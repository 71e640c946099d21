import base64
from datetime import date

from freezegun import freeze_time
from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..tools import pdf
from .delivery_common import DeliveryCommon


@tagged("post_install", "-at_install")
class TestStatement(DeliveryCommon):
    """One bill of 1 February 2026 over 15.00 and tax, due on the 15th."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.delivery.sudo().write({"state": "sent", "is_noted": True})
        with freeze_time("2026-02-01"):
            cls.company.msp_statement_day = 5

    def _statements(self, partner=None):
        return self.env["msp.delivery"].search(
            [
                ("kind", "=", "statement"),
                ("partner_id", "=", (partner or self.customer).id),
            ]
        )

    def _queue(self, day):
        """Let the statements of a day be queued; return those of the customer."""
        with freeze_time(f"{day} 12:00:00"):
            self._cron("remind")
        return self._statements()

    def _send(self):
        return self._deliver().mails

    def _pay(self, amount=None):
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=self.move.ids)
            .create({"payment_date": date(2026, 2, 3)})
        )
        if amount:
            wizard.amount = amount
        wizard._create_payments()

    # === WHEN === #
    def test_one_a_month_on_its_day(self):
        self.assertFalse(self._queue("2026-02-04"))
        statement = self._queue("2026-02-05")
        self.assertRecordValues(
            statement,
            [
                {
                    "state": "queued",
                    "to": "ap@acme.example.com",
                    "company_id": self.company.id,
                    "statement_date": date(2026, 2, 5),
                    "statement_month": date(2026, 2, 1),
                    "move_id": False,
                }
            ],
        )
        self.assertEqual(self._queue("2026-02-06"), statement)
        self.assertEqual(len(self._queue("2026-03-05")), 2)

    def test_missed_day_is_made_up_for_once(self):
        self.assertEqual(len(self._queue("2026-02-27")), 1)
        self.assertEqual(len(self._queue("2026-02-28")), 1)

    def test_of_several_missed_months_only_the_latest(self):
        statement = self._queue("2026-06-02")
        self.assertEqual(statement.statement_month, date(2026, 5, 1))

    def test_last_day_of_a_shorter_month(self):
        with freeze_time("2026-02-01"):
            self.company.msp_statement_day = 31
        self.assertFalse(self._queue("2026-02-27"))
        self.assertTrue(self._queue("2026-02-28"))

    def test_new_setting_makes_up_for_no_day(self):
        with freeze_time("2026-02-10"):
            self.company.msp_statement_day = 6
        self.assertFalse(self._queue("2026-02-10"))
        self.assertTrue(self._queue("2026-03-06"))

    def test_off(self):
        self.company.msp_statement_day = 0
        self.assertFalse(self._queue("2026-02-05"))

    def test_day_is_the_companys(self):
        self.company.msp_timezone = "Pacific/Auckland"
        with freeze_time("2026-02-04 12:30:00"):  # the 5th in Auckland
            self._cron("remind")
        self.assertTrue(self._statements())

    def test_day_out_of_range_is_refused(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.company.msp_statement_day = 32

    def test_database_refuses_a_second_one_in_a_month(self):
        statement = self._queue("2026-02-05")
        vals = statement.copy_data()[0] | {"statement_month": date(2026, 2, 1)}
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.env["msp.delivery"].sudo().create(vals)

    # === WHO === #
    def test_customers_that_want_none(self):
        self.customer.msp_statement = "no"
        self.assertFalse(self._queue("2026-02-05"))

    def test_only_those_who_want_one(self):
        self.company.msp_statement_all = False
        self.assertFalse(self._queue("2026-02-05"))
        self.customer.msp_statement = "yes"
        self.assertTrue(self._queue("2026-03-05"))

    def test_nothing_open(self):
        self._pay()
        self.assertFalse(self._queue("2026-02-05"))

    def test_bill_that_comes_after_the_day_waits_for_the_next(self):
        self._pay()
        self._queue("2026-02-05")
        run = self._new_run("2026-03-01")
        bot = run._as_bot()
        bot._bill(bot._due_subscriptions())
        self.assertFalse(self._queue("2026-03-02"))
        self.assertTrue(self._queue("2026-03-05"))

    def test_no_address_is_told(self):
        self.env.cr.execute("UPDATE msp_subscription SET bill_email = ''")
        self.customer.email = False
        self.env.invalidate_all()
        statement = self._queue("2026-02-05")
        self.assertEqual(statement.state, "no_address")
        self._cron("render")
        self.assertEqual(len(self.customer.activity_ids), 1)

    # === WHAT IT SAYS === #
    def test_values(self):
        self._pay(5.0)
        values = self.customer._msp_statement(date(2026, 3, 20))
        [row] = values["rows"]
        self.assertEqual(row["name"], self.move.name)
        self.assertEqual(row["status"], "Overdue for 33 days")
        self.assertEqual(row["due"], "15 Feb 2026")
        self.assertAlmostEqual(row["residual"], self.move.amount_residual)
        self.assertIn(self.move.access_token, row["url"])
        [total] = values["totals"]
        residual = f"{self.move.amount_residual:.2f}"
        self.assertIn(residual, total["open"])
        self.assertIn(residual, total["overdue"])
        self.assertIn(residual, total["ages"][2], "31 to 60 days")
        [payment] = values["payments"]
        self.assertIn("5.00", payment["amount"])
        self.assertEqual(payment["date"], "3 Feb 2026")

    def test_credit_note_is_taken_off(self):
        credit = self.move._reverse_moves(
            [{"invoice_date": date(2026, 2, 2), "date": date(2026, 2, 2)}]
        )
        credit.action_post()
        values = self.customer._msp_statement(date(2026, 2, 5))
        self.assertFalse(values["rows"], "it was matched to the bill")
        [payment] = values["payments"]
        self.assertEqual(payment["text"], f"{credit.name} taken off {self.move.name}")

    def test_open_credit_note_lowers_the_balance(self):
        """One that was made after the bill had been paid: it is owed to them."""
        self._pay()
        credit = self.move._reverse_moves(
            [{"invoice_date": date(2026, 2, 4), "date": date(2026, 2, 4)}]
        )
        credit.action_post()
        [row] = self.customer._msp_statement(date(2026, 2, 5))["rows"]
        self.assertEqual((row["name"], row["status"]), (credit.name, "Credit"))
        self.assertAlmostEqual(row["residual"], -credit.amount_residual)
        self.assertFalse(self._queue("2026-02-05"), "they owe us nothing")

    def test_disputed_bill_is_in_question(self):
        self.move.msp_disputed = True
        [row] = self.customer._msp_statement(date(2026, 3, 20))["rows"]
        self.assertEqual(row["status"], "In question")

    def test_other_customers_bills_are_not_on_it(self):
        customer = self._customer("Beta Ltd")
        self._subscribe(self.plan, customer)
        self._computers(customer, 1)
        other = self._bill_now()
        names = [row["name"] for row in self.customer._msp_statement()["rows"]]
        self.assertEqual(names, [self.move.name])
        [row] = customer._msp_statement()["rows"]
        self.assertEqual(row["name"], other.name)

    # === SENDING === #
    def test_mail(self):
        statement = self._queue("2026-02-05")
        [(message, _sender, recipients)] = self._send()
        self.assertEqual(recipients, ["ap@acme.example.com"])
        self.assertEqual(message["Message-Id"], statement.message_id)
        self.assertIn("Statement of account as of 5 Feb 2026", message["Subject"])
        body = message.get_body(("html",)).get_content()
        total = f"{self.move.amount_residual:.2f}"
        for text in (self.move.name, "15 Feb 2026", total, self.move.access_token):
            self.assertIn(text, body)
        plain = message.get_body(("plain",)).get_content()
        self.assertIn(f"{self.move.name}, Not yet due: ", plain)
        self.assertIn(self.move.access_token, plain)
        [attachment] = message.iter_attachments()
        self.assertTrue(attachment.get_content().startswith(b"%PDF"))
        self.assertIn("2026-02-05", attachment.get_filename())
        self.assertRecordValues(statement, [{"state": "sent", "is_noted": True}])
        note = self.customer.message_ids[0]
        self.assertEqual(note.message_id, statement.message_id)
        self.assertFalse(self._send(), "never twice by itself")

    def test_payment_before_the_sending_cancels_it(self):
        statement = self._queue("2026-02-05")
        self._render()
        self._pay()
        self.assertFalse(self._send())
        self.assertEqual(statement.state, "cancelled")
        self.assertIn("Nothing is open", statement.reason)

    def test_part_payment_before_the_sending_is_on_it(self):
        statement = self._queue("2026-02-05")
        self._render()
        before = statement.statement_pdf
        self._pay(5.0)
        with mute_logger("odoo.addons.msp_billing.models.msp_delivery_work"):
            self.assertFalse(self._send(), "the PDF says something else")
        [(message, _sender, _recipients)] = self._send()
        self.assertNotEqual(statement.statement_pdf, before)
        body = message.get_body(("html",)).get_content()
        self.assertIn(f"{self.move.amount_residual:.2f}", body)

    def test_lost_connection_leaves_it_to_a_person(self):
        statement = self._queue("2026-02-05")
        self._deliver([("late", ConnectionResetError("gone"))])
        self.assertEqual(statement.state, "unknown")
        self.assertFalse(self._send())
        self.assertEqual(len(self.customer.activity_ids), 1)
        statement.action_resend()
        self.assertEqual(len(self._send()), 1)
        self.assertFalse(self.customer.activity_ids)

    def test_payments_since_the_last_statement(self):
        first = self._queue("2026-02-05")
        self._send()
        first.sudo().date_rendered = "2026-02-05 12:00:00"
        self._pay(5.0)
        second = self._queue("2026-03-05") - first
        values = second._as_bot()._statement_values()
        self.assertEqual(len(values["payments"]), 1)
        # What was matched before that one was made is on the one before.
        self.env.cr.execute(
            "UPDATE account_partial_reconcile SET create_date = '2020-01-01'"
        )
        self.env.invalidate_all()
        self.assertFalse(second._as_bot()._statement_values()["payments"])

    def test_audit_names_the_customer(self):
        self._queue("2026-02-05")
        self.env.cr.execute(
            "UPDATE msp_delivery SET write_date = write_date - interval '2 days' "
            "WHERE kind = 'statement'"
        )
        [finding] = self.env["msp.delivery"].sudo()._audit()
        self.assertIn(self.customer.name, finding)

    # === BY HAND === #
    def test_by_hand(self):
        self._queue("2026-02-05")
        answer = self.customer.action_msp_send_statement()
        self.assertIn("ap@acme.example.com", answer["params"]["message"])
        self.assertEqual(len(self._statements()), 2)
        self.assertEqual(len(self._send()), 2)

    def test_by_hand_needs_something_open(self):
        self._pay()
        with self.assertRaises(UserError):
            self.customer.action_msp_send_statement()
        self.assertTrue(self.customer.action_msp_print_statement())
        with self.assertRaises(UserError):
            self._customer("Gamma Ltd").action_msp_print_statement()

    def test_who_prints_and_who_sends(self):
        customer = self.customer.with_user(self.salesperson)
        self.assertTrue(customer.action_msp_print_statement())
        self.assertTrue(customer._msp_statement()["rows"])
        with self.assertRaises(AccessError):
            customer.action_msp_send_statement()
        user = new_test_user(self.env, "nobody", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.customer.with_user(user).action_msp_print_statement()
        portal = new_test_user(self.env, "customer", groups="base.group_portal")
        portal.partner_id.parent_id = self.customer
        with self.assertRaises(AccessError):
            self.customer.with_user(portal)._msp_statement()

    def test_printing(self):
        Report = self.env["ir.actions.report"].with_user(self.salesperson)
        content, kind = Report.with_context(
            force_report_rendering=True
        )._render_qweb_pdf("msp_billing.report_statement", self.customer.ids)
        self.assertEqual(kind, "pdf")
        self.assertTrue(content.startswith(b"%PDF"))
        html, _kind = Report._render_qweb_html(
            "msp_billing.report_statement", self.customer.ids
        )
        self.assertIn(self.move.name, html.decode())
        self.assertIn("Statement of Account", html.decode())

    def test_lost_pdf_is_made_again(self):
        statement = self._queue("2026-02-05")
        self._render()
        statement.sudo().statement_pdf = base64.b64encode(b"%PDF-1.7 another")
        with mute_logger("odoo.addons.msp_billing.models.msp_delivery_work"):
            self.assertFalse(self._send())
        self.assertEqual(len(self._send()), 1)
        self.assertTrue(pdf.engine(), "these tests print with WeasyPrint")
