from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .delivery_common import FakeSession
from .test_reminder import ReminderCommon


@tagged("post_install", "-at_install")
class TestReminderStep(ReminderCommon):
    """What a step does beside its mail. The bill is due on 15 February 2026."""

    def setUp(self):
        super().setUp()
        (self.before | self.first).active = False
        self.last = self.second
        self.last.write({"days": 3, "make_activity": True, "suspend": True})

    def _send(self):
        """Let what is queued be sent, and what was done be noted."""
        with freeze_time("2026-02-18 13:00:00"):
            return self._deliver().mails

    def _step_activities(self):
        return self._activities().filtered(
            lambda activity: activity.summary == self.last.activity_summary
        )

    # === WHAT IT DOES === #
    def test_last_step_mails_makes_an_activity_and_suspends(self):
        self._remind("2026-02-18")
        self.assertFalse(self.subscription.suspended, "only when the mail went out")
        self.assertEqual(len(self._send()), 1)
        self.assertTrue(self.subscription.suspended)
        self.assertEqual(self.subscription.suspended_for_id, self.move)
        [activity] = self._step_activities()
        self.assertEqual(activity.user_id, self.salesperson)
        self.assertIn(self.move.name, activity.note)
        self.assertIn("suspended", self.subscription.message_ids[0].body)

    def test_step_without_a_mail(self):
        self.last.send_mail = False
        reminder = self._remind("2026-02-18")
        self.assertEqual(reminder.state, "done")
        self.assertFalse(self._send())
        self.assertTrue(self.subscription.suspended)
        self.assertEqual(len(self._step_activities()), 1)
        self._remind("2026-02-19")
        self._send()
        self.assertEqual(len(self._step_activities()), 1, "once, and not each hour")

    def test_step_that_is_repeated_by_hand_does_it_once(self):
        reminder = self._remind("2026-02-18")
        self._send()
        self.subscription.action_lift_suspension()
        reminder.action_resend()
        self.assertEqual(len(self._send()), 1)
        self.assertFalse(self.subscription.suspended)
        self.assertEqual(len(self._step_activities()), 1)

    def test_payment_before_the_sending_stops_all_of_it(self):
        self._remind("2026-02-18")
        self._render()
        self._pay()
        self.assertFalse(self._send())
        self.assertFalse(self.subscription.suspended)
        self.assertFalse(self._step_activities())

    def test_payment_between_the_mail_and_its_note(self):
        """The sender died after the server's answer; then the money came."""
        reminder = self._remind("2026-02-18")
        self._render()
        reminder.sudo().write({"state": "sent", "date_sent": "2026-02-18 12:30:00"})
        self._pay()
        self._send()
        self.assertTrue(reminder.is_noted)
        self.assertFalse(self.subscription.suspended)

    def test_disputed_bill_is_quiet(self):
        self._remind("2026-02-18")
        self.move.msp_disputed = True
        self.assertFalse(self._send())
        self.assertFalse(self.subscription.suspended)

    def test_subscription_without_reminders_is_not_suspended(self):
        """Another one on the same bill wants them."""
        plan = self._plan("Backup", cost=1.0)
        second = self._subscribe(plan, self.customer)
        (self.subscription | second).suspended = False
        second.no_reminder = True
        (self.subscription | second)._suspend_for(self.move)
        self.assertEqual(
            (self.subscription | second).mapped("suspended"), [True, False]
        )

    # === EXEMPT === #
    def test_exempt_customer(self):
        self.customer.msp_no_reminder = True
        self.assertFalse(self._remind("2026-02-18"))
        self.customer.msp_no_reminder = False
        self.assertEqual(self._remind("2026-02-18").step, self.last)

    def test_customer_that_is_exempt_in_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.customer.with_company(other).msp_no_reminder = True
        self.assertEqual(self._remind("2026-02-18").step, self.last)

    def test_customer_exempted_after_it_was_queued(self):
        self._remind("2026-02-18")
        self.customer.msp_no_reminder = True
        self.assertFalse(self._send())

    # === TAKING IT BACK === #
    def test_suspension_is_taken_back_when_nothing_is_overdue(self):
        self._remind("2026-02-18")
        self._send()
        self._remind("2026-02-19")
        self.assertTrue(self.subscription.suspended, "it is overdue")
        self._pay()
        self._remind("2026-02-20")
        self.assertFalse(self.subscription.suspended)
        self.assertFalse(self.subscription.suspended_for_id)
        self.assertFalse(self._step_activities(), "nobody needs to call any more")

    def test_part_of_the_money_takes_nothing_back(self):
        self._remind("2026-02-18")
        self._send()
        self._pay(5.0)
        self._remind("2026-02-20")
        self.assertTrue(self.subscription.suspended)
        self.assertEqual(len(self._step_activities()), 1)

    def test_what_a_person_has_marked_stays(self):
        self.subscription.suspended = True
        self._remind("2026-02-18")
        self._send()
        self.assertFalse(self.subscription.suspended_for_id)
        self._pay()
        self._remind("2026-02-20")
        self.assertTrue(self.subscription.suspended)

    def test_person_lifts_it_and_it_stays_lifted(self):
        self._remind("2026-02-18")
        self._send()
        self.subscription.with_user(self.salesperson).action_lift_suspension()
        self.assertFalse(self.subscription.suspended_for_id)
        self._remind("2026-02-25")
        self._send()
        self.assertFalse(self.subscription.suspended)

    def test_nobody_writes_for_which_bill_it_is_suspended(self):
        with self.assertRaises(UserError):
            self.subscription.with_user(self.salesperson).suspended_for_id = self.move

    # === STEPS ON THE SCREEN === #
    def test_sentence(self):
        step = self.last
        for days, text in (
            (3, "3 days after the due date"),
            (1, "The day after the due date"),
            (0, "On the due date"),
            (-1, "The day before the due date"),
            (-5, "5 days before the due date"),
        ):
            step.days = days
            self.assertEqual(step.summary, f"{text}: mail, activity, suspend")
        step.write({"make_activity": False, "suspend": False})
        self.assertEqual(step.summary, "5 days before the due date: mail")

    def test_days_are_entered_before_or_after(self):
        with Form(self.last) as form:
            form.offset = 10
            form.moment = "before"
        self.assertEqual(self.last.days, -10)
        with Form(self.last) as form:
            form.moment = "after"
        self.assertEqual(self.last.days, 10)
        with Form(self.env["msp.reminder.step"]) as form:
            form.name = "Call"
            form.offset = 5
            form.moment = "before"
            form.send_mail = False
            form.make_activity = True
        self.assertEqual(form.record.days, -5)

    def test_step_must_do_something(self):
        with self.assertRaises(ValidationError):
            self.last.body = False
        self.last.write({"send_mail": False, "body": False, "subject": False})

    def test_server_that_refuses_suspends_nobody(self):
        self._remind("2026-02-18")
        self._render()
        refused = {"ap@acme.example.com": (550, b"no such user")}
        with self._mail_server(FakeSession([refused])):
            self._cron("deliver")
        self.assertFalse(self.subscription.suspended)
