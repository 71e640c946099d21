from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .delivery_common import DeliveryCommon, FakeSession


class ReminderCommon(DeliveryCommon):
    """The bill is of 1 February 2026 and due on the 15th."""

    def setUp(self):
        super().setUp()
        self.before = self.env.ref("msp_billing.reminder_step_before")
        self.first = self.env.ref("msp_billing.reminder_step_first")
        self.second = self.env.ref("msp_billing.reminder_step_second")
        self._deliver()
        self.delivery.sudo().date_sent = "2026-02-01 10:00:00"

    def _remind(self, day):
        """Let the reminders of a day be queued; return those of the bill."""
        with freeze_time(f"{day} 12:00:00"):
            self._cron("remind")
        return self._reminders()

    def _reminders(self):
        return self.move.msp_delivery_ids.filtered(lambda d: d.kind == "reminder")

    def _pay(self, amount=None):
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=self.move.ids)
            .create({"payment_date": date(2026, 2, 20)})
        )
        if amount:
            wizard.amount = amount
        wizard._create_payments()


@tagged("post_install", "-at_install")
class TestReminder(ReminderCommon):
    # === WHICH STEP === #
    def test_ladder(self):
        self.assertFalse(self._remind("2026-02-11"))
        self.assertEqual(self._remind("2026-02-12").step, self.before)
        self.assertEqual(self._remind("2026-02-21").step, self.before)
        self.assertEqual(self._remind("2026-02-22").step, self.before | self.first)
        self.assertEqual(self._remind("2026-03-07").step, self.before | self.first)
        self.assertEqual(len(self._remind("2026-03-08")), 3)
        self.assertEqual(len(self._remind("2026-12-31")), 3)

    def test_same_day_twice_queues_once(self):
        self._remind("2026-02-22")
        self.assertEqual(len(self._remind("2026-02-22")), 1)

    def test_only_the_latest_missed_step(self):
        self.assertEqual(self._remind("2026-04-01").step, self.second)
        self.assertEqual(self._remind("2026-04-02").step, self.second)

    def test_notice_before_the_due_date_is_not_made_up_for(self):
        self.assertFalse(self._remind("2026-02-15"))

    def test_today_is_the_companys_day(self):
        self.company.msp_timezone = "Pacific/Auckland"
        with freeze_time("2026-02-21 11:30:00"):  # the 22nd in Auckland
            self._cron("remind")
        self.assertEqual(self._reminders().step, self.first)

    def test_step_from_before_the_bill_went_out(self):
        self.delivery.sudo().date_sent = "2026-02-23 10:00:00"
        self.assertFalse(self._remind("2026-02-23"))
        self.assertEqual(self._remind("2026-03-08").step, self.second)

    def test_bill_that_was_not_sent_gets_none(self):
        self.delivery.sudo().write({"state": "failed"})
        self.assertFalse(self._remind("2026-02-22"))

    def test_paid_disputed_and_exempt_bills_get_none(self):
        with self.subTest("disputed"):
            self.move.msp_disputed = True
            self.assertFalse(self._remind("2026-02-22"))
            self.move.msp_disputed = False
        with self.subTest("no reminders"):
            self.subscription.no_reminder = True
            self.assertFalse(self._remind("2026-02-22"))
            self.subscription.no_reminder = False
        with self.subTest("paid"):
            self._pay()
            self.assertFalse(self._remind("2026-02-22"))

    def test_partly_paid_bill_is_reminded_of_the_rest(self):
        self._pay(5.0)
        self.assertEqual(self.move.payment_state, "partial")
        reminder = self._remind("2026-02-22")
        self._render()
        body = reminder._as_bot()._build_mail().get_body(("html",)).get_content()
        residual = f"{self.move.amount_residual:.2f}"
        self.assertIn(residual, body)

    def test_archived_step_and_step_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.first.active = False
        self.before.company_id = other
        self.assertFalse(self._remind("2026-02-22"))

    # === SENDING === #
    def test_reminder_is_sent_with_the_pdf(self):
        reminder = self._remind("2026-02-22")
        session = self._deliver()
        [(message, _sender, recipients)] = session.mails
        self.assertEqual(recipients, ["ap@acme.example.com"])
        self.assertIn(self.move.name, message["Subject"])
        self.assertEqual(len(list(message.iter_attachments())), 1)
        self.assertEqual(reminder.state, "sent")

    def test_reminder_goes_where_the_bill_went(self):
        self.delivery.sudo().to = "mended@acme.example.com"
        self._remind("2026-02-22")
        self.assertEqual(self._deliver().mails[0][2], ["mended@acme.example.com"])

    def test_payment_between_queue_and_sending_drops_it(self):
        self._remind("2026-02-22")
        self._render()
        self._pay()
        with self._mail_server(FakeSession()) as session:
            self._cron("deliver")
        self.assertFalse(session.mails)
        self.assertFalse(self._reminders())
        self.assertIn("was not sent", self.move.message_ids[0].body)

    def test_reminder_of_a_paid_bill_is_not_resent(self):
        reminder = self._remind("2026-02-22")
        self._deliver()
        self._pay()
        with self.assertRaises(UserError):
            reminder.action_resend()

    def test_repeated_reminder_of_a_bill_that_was_paid_stays_on_record(self):
        reminder = self._remind("2026-02-22")
        self._deliver()
        reminder.action_resend()
        self._pay()
        self.assertFalse(self._deliver().mails)
        self.assertEqual(reminder.state, "sent")

    # === STEPS === #
    def test_placeholders(self):
        self.customer.name = "{amount} Ltd"
        self.first.body = "{customer} owes {amount} for {number} until {due_date}."
        reminder = self._remind("2026-02-22")
        values = reminder._as_bot()._mail_values()
        text = self.first._fill_in("body", values)
        self.assertTrue(text.startswith("{amount} Ltd owes "))
        self.assertIn(self.move.name, text)

    def test_unknown_placeholder_is_refused(self):
        for text in ("{custmer}", "{move.amount_total}", "{__class__}"):
            with self.subTest(text=text), self.assertRaises(ValidationError):
                self.first.body = text

    def test_step_that_was_sent_stays(self):
        self._remind("2026-02-22")
        with self.assertRaises(UserError):
            self.first.unlink()
        self.second.unlink()
