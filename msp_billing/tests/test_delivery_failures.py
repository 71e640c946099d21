import smtplib
from contextlib import closing
from unittest.mock import patch

from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.msp_delivery_send import SENDER_LOCK, NoConnection
from ..models.msp_delivery_work import ALARM_AFTER, DATABASE_KEY, GIVE_UP_AFTER
from .delivery_common import DeliveryCommon, FakeSession

LOST = smtplib.SMTPServerDisconnected("Connection unexpectedly closed")


def response(code, text=b"no"):
    return smtplib.SMTPDataError(code, text)


@tagged("post_install", "-at_install")
class TestDeliveryFailures(DeliveryCommon):
    def _reminder(self):
        """Have the bill sent and a reminder of it queued."""
        self._deliver()
        step = self.env.ref("msp_billing.reminder_step_first")
        Delivery = self.env["msp.delivery"].sudo()
        self.delivery = Delivery.create(
            Delivery._prepare_delivery(self.move, "reminder", step)
        )
        return self.delivery

    # === THE SERVER SAYS NO === #
    def test_refused_for_now_is_tried_again(self):
        first = self._deliver([response(451, b"4.3.0 try later")])
        self.assertFalse(first.mails and self.delivery.state == "sent")
        self.assertRecordValues(self.delivery, [{"state": "queued", "attempts": 1}])
        self.assertIn("451", self.delivery.reason)
        self.assertFalse(self._deliver().mails, "not before its time")
        session = self._again()
        self.assertEqual(len(session.mails), 1)
        self.assertRecordValues(
            self.delivery, [{"state": "sent", "attempts": 2, "reason": False}]
        )

    def test_back_off_grows_and_a_person_is_told(self):
        self._deliver([response(421)])
        waits = []
        for attempt in range(2, ALARM_AFTER + 1):
            self.assertFalse(self._activities())
            before = self.delivery.next_try - self.delivery.write_date
            waits.append(before)
            self._again([response(421)])
            self.assertEqual(self.delivery.attempts, attempt)
        self.assertEqual(waits, sorted(waits))
        self.assertEqual(len(self._activities()), 1)
        self._again([response(421)])
        self.assertEqual(len(self._activities()), 1, "one activity, not one per try")

    def test_gives_up_after_days(self):
        self._deliver([response(451)])
        self.delivery.sudo().attempts = GIVE_UP_AFTER - 1
        self._again([response(451)])
        self.assertEqual(self.delivery.state, "failed")

    def test_refused_for_good(self):
        self._deliver([response(554, b"5.7.1 spam")])
        self.assertEqual(self.delivery.state, "failed")
        self.assertIn("554 5.7.1 spam", self.delivery.reason)
        self.assertEqual(self._activities().user_id, self.salesperson)
        self.assertFalse(self.move.is_move_sent)
        self.assertFalse(self._deliver().mails, "a person decides")

    def test_one_of_two_recipients_refused(self):
        self.subscription.bill_email = "a@example.com, b@example.com"
        self.delivery.action_resend()
        self._deliver([{"b@example.com": (550, b"no such user")}])
        self.assertEqual(self.delivery.state, "sent")
        self.assertIn("b@example.com: 550 no such user", self.delivery.reason)
        self.assertEqual(len(self._activities()), 1)

    def test_all_recipients_refused(self):
        self._deliver([{"ap@acme.example.com": (550, b"no such user")}])
        self.assertEqual(self.delivery.state, "failed")
        self.assertIn("ap@acme.example.com: 550", self.delivery.reason)

    def test_greylisted_recipient_is_tried_again(self):
        self._deliver([{"ap@acme.example.com": (450, b"greylisted")}])
        self.assertEqual(self.delivery.state, "queued")

    # === THE CONNECTION IS LOST === #
    def test_lost_before_the_content(self):
        self._reminder()
        self._deliver([LOST])
        self.assertEqual(self.delivery.state, "queued")

    def test_lost_after_the_content_repeats_a_bill(self):
        message_id = self.delivery.message_id
        self._deliver([("late", LOST)])
        self.assertEqual(self.delivery.state, "queued")
        session = self._again()
        self.assertEqual(session.mails[0][0]["Message-Id"], message_id)
        self.assertEqual(self.delivery.state, "sent")

    def test_lost_after_the_content_never_repeats_a_reminder(self):
        self._reminder()
        self._deliver([("late", LOST)])
        self.assertEqual(self.delivery.state, "unknown")
        self.assertEqual(len(self._activities()), 1)
        self.assertFalse(self._deliver().mails)
        self.delivery.action_resend()
        self.assertEqual(len(self._deliver().mails), 1, "by hand it is repeated")

    def test_dead_sender_leaves_a_bill_that_is_repeated(self):
        self._render()
        self.delivery.sudo().state = "sending"
        message_id = self.delivery.message_id
        session = self._deliver()
        self.assertEqual(session.mails[0][0]["Message-Id"], message_id)

    def test_dead_sender_leaves_a_reminder_to_a_person(self):
        self._reminder()
        self._render()
        self.delivery.sudo().state = "sending"
        self.assertFalse(self._deliver().mails)
        self.assertEqual(self.delivery.state, "unknown")
        self.assertEqual(len(self._activities()), 1)

    def test_mail_on_which_every_sender_dies_is_a_persons(self):
        self._render()
        self.delivery.sudo().write({"state": "sending", "attempts": ALARM_AFTER})
        self.assertFalse(self._deliver().mails)
        self.assertEqual(self.delivery.state, "unknown")
        self.assertEqual(len(self._activities()), 1)

    def test_two_senders(self):
        self._render()
        with closing(db_connect(self.env.cr.dbname).cursor()) as other:
            other.execute("SELECT pg_advisory_lock(%s, %s)", SENDER_LOCK)
            self.assertFalse(self._deliver().mails, "the other one is at work")
            self.assertEqual(self.delivery.state, "queued")
            other.execute("SELECT pg_advisory_unlock(%s, %s)", SENDER_LOCK)
        self.assertEqual(len(self._deliver().mails), 1)

    def test_note_that_a_dead_sender_left_out_is_made_up_for(self):
        self._deliver()
        self.delivery.sudo().is_noted = False
        self._deliver()
        self.assertTrue(self.delivery.is_noted)

    # === NO CONNECTION === #
    def _second_bill(self):
        customer = self._customer("Beta Ltd")
        self._subscribe(self.plan, customer)
        self._computers(customer, 1)
        return self._bill_now().msp_delivery_ids

    def test_unreachable_server_stops_the_slice(self):
        other = self._second_bill()
        opened = []

        def refuse(_delivery):
            opened.append(1)
            raise NoConnection("The mail server cannot be reached: refused")

        self._render()
        Delivery = self.env.registry["msp.delivery"]
        with patch.object(Delivery, "_open_session", refuse):
            self._cron("deliver")
        self.assertEqual(len(opened), 1, "sixty seconds each with a black hole")
        self.assertEqual(self.delivery.attempts, 1)
        self.assertEqual(other.attempts, 0, "the others are not to blame")
        for delivery in (self.delivery, other):
            self.assertEqual(delivery.state, "queued")
            self.assertTrue(delivery.next_try)
            self.assertIn("cannot be reached", delivery.reason)

    def test_server_that_hangs_up_between_two_mails(self):
        other = self._second_bill()
        self._render()
        sessions = [FakeSession(), FakeSession()]
        sessions[0].noop = lambda: (421, b"too many mails")
        Delivery = self.env.registry["msp.delivery"]
        with patch.object(Delivery, "_open_session", lambda _d: sessions.pop(0)):
            self._cron("deliver")
        self.assertEqual((self.delivery | other).mapped("state"), ["sent", "sent"])

    def test_mail_that_cannot_be_built_blocks_no_others(self):
        other = self._second_bill()
        self._render()
        Delivery = self.env.registry["msp.delivery"]
        broken = self.move

        def subject(delivery, _values):
            if delivery.move_id == broken:
                raise KeyError("no such field")
            return "Bill"

        with (
            patch.object(Delivery, "_mail_subject", subject),
            mute_logger("odoo.addons.msp_billing.models.msp_delivery_work"),
            self._mail_server(FakeSession()),
        ):
            self._cron("deliver")
        self.assertEqual(other.state, "sent")
        self.assertRecordValues(self.delivery, [{"state": "queued", "attempts": 1}])
        self.assertIn("KeyError", self.delivery.reason)

    def test_one_activity_for_many_bills_with_the_same_problem(self):
        other = self._second_bill()
        other.move_id.invoice_user_id = self.salesperson
        (self.delivery | other).sudo().write(
            {"state": "failed", "reason": "Same", "to_tell": True}
        )
        self._cron("render")
        activities = self._activities(self.move | other.move_id)
        self.assertEqual(len(activities), 1)
        self.assertIn(other.display_name, activities.note)

    # === COPIES OF THE DATABASE === #
    def test_copy_of_the_database_sends_nothing(self):
        self._render()
        self.env["ir.config_parameter"].sudo().set_param(DATABASE_KEY, "another")
        self.assertFalse(self._deliver().mails)
        self.assertEqual(self.delivery.state, "queued")
        self.assertIn("copy", self.delivery.reason)

    def test_neutralized_database_sends_nothing(self):
        params = self.env["ir.config_parameter"].sudo()
        params.set_param("database.is_neutralized", "True")
        self.assertFalse(self._deliver().mails)
        self.assertIn("neutralized", self.delivery.reason)

    def test_first_sending_remembers_the_database(self):
        params = self.env["ir.config_parameter"].sudo()
        params.search([("key", "=", DATABASE_KEY)]).unlink()
        self._deliver()
        self.assertEqual(
            params.get_param(DATABASE_KEY), params.get_param("database.uuid")
        )
        self.assertEqual(self.delivery.state, "sent")
