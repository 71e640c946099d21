from contextlib import closing
from datetime import timedelta

from odoo.exceptions import UserError
from odoo.sql_db import db_connect
from odoo.tests import tagged

from ..models.msp_delivery_send import SENDER_LOCK
from .delivery_common import DeliveryCommon, FakeSession


@tagged("post_install", "-at_install")
class TestDeliveryPace(DeliveryCommon):
    """Three bills wait, and two mails may leave in a minute."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ("Beta Ltd", "Gamma Ltd"):
            customer = cls._customer(name)
            cls._subscribe(cls.plan, customer)
            cls._computers(customer, 1)
        cls.deliveries = cls.delivery | cls._bill_now().msp_delivery_ids
        cls.company.msp_mails_per_minute = 2
        # Once for all: these tests are about what leaves when.
        cls._render_now(cls.deliveries)

    def _send(self, script=()):
        with self._mail_server(FakeSession(script)) as session:
            self._cron("deliver")
        return len(session.mails)

    def _tried(self, seconds, deliveries=None):
        """Make it so long ago that mails were handed over."""
        deliveries = (deliveries or self.deliveries).sudo()
        deliveries.filtered("date_tried").date_tried = deliveries._clock() - timedelta(
            seconds=seconds
        )

    def test_no_more_than_the_limit_in_a_minute(self):
        self.assertEqual(self._send(), 2)
        self.assertEqual(self._send(), 0, "a second sender, or one that was restarted")
        self.assertEqual(self.deliveries.mapped("state"), ["sent", "sent", "queued"])
        self._tried(30)
        self.assertEqual(self._send(), 0)
        self._tried(61)
        self.assertEqual(self._send(), 1)

    def test_the_rest_is_asked_for_when_a_slot_is_free(self):
        trigger = self.env["ir.cron.trigger"].sudo()
        cron = self.env.ref("msp_billing.ir_cron_deliver")
        known = trigger.search([("cron_id", "=", cron.id)])
        self._send()
        [asked] = trigger.search([("cron_id", "=", cron.id)]) - known
        first = min(self.deliveries.filtered("date_tried").mapped("date_tried"))
        self.assertEqual(asked.call_at, first + timedelta(seconds=61))

    def test_no_limit(self):
        self.company.msp_mails_per_minute = 0
        self.assertEqual(self._send(), 3)

    def test_refused_mails_count_too(self):
        gone = {"ap@acme.example.com": (550, b"no such user")}
        self.assertEqual(self._send([gone]), 1)
        self.assertEqual(self.deliveries.mapped("state"), ["failed", "sent", "queued"])

    def test_a_mail_sent_twice_in_a_minute_counts_twice(self):
        self._send()
        self.delivery.action_resend()
        self._render()
        self._tried(20, self.delivery)
        self._tried(61, self.deliveries - self.delivery)
        self.assertEqual(self._send(), 1, "the one that was asked for by hand")
        self.assertEqual(self.delivery.recent_tries, 2)
        self.assertEqual(self._send(), 0)

    def test_a_dead_sender_is_counted(self):
        """What it left behind may have been handed over just now."""
        self.delivery.sudo().write({"state": "sending", "recent_tries": 1})
        self.assertEqual(self._send(), 1)
        self.assertEqual(self.delivery.recent_tries, 2)

    def test_other_companies_have_their_own_pace(self):
        self._send()
        other = self.env["res.company"].create({"name": "Other"})
        other.msp_mails_per_minute = 1
        now, used, first = self.env["msp.delivery"].sudo()._used_slots(other)
        self.assertEqual((used, first), (0, None))
        self.assertTrue(now)

    # === WHO IS NEXT === #
    def test_queue_tells_who_is_next_and_when(self):
        self.assertEqual(self.deliveries.mapped("queue_position"), [1, 2, 3])
        expected = self.deliveries.mapped("date_expected")
        minute = timedelta(minutes=1)
        self.assertLess(expected[1] - expected[0], minute)
        self.assertGreaterEqual(expected[2] - expected[0], minute)
        self._send()
        self.deliveries.invalidate_recordset()
        self.assertEqual(self.deliveries.mapped("queue_position"), [0, 0, 1])
        self.assertEqual(self.deliveries.mapped("date_expected")[:2], [False, False])

    def test_what_a_person_asks_for_goes_first(self):
        last = self.deliveries[-1]
        last.action_resend()
        self.deliveries.invalidate_recordset()
        self.assertEqual(last.queue_position, 1)
        self._send()
        self.assertEqual(last.state, "sent")
        self.assertEqual(self.deliveries.mapped("state").count("queued"), 1)

    def test_a_mail_that_waits_for_its_next_try_is_expected_then(self):
        self._send([{"ap@acme.example.com": (450, b"greylisted")}])
        self.deliveries.invalidate_recordset()
        self.assertEqual(self.delivery.queue_position, 0)
        self.assertEqual(self.delivery.date_expected, self.delivery.next_try)

    # === CANCEL === #
    def test_cancel(self):
        self.delivery.action_cancel()
        self.assertEqual(self._send(), 2)
        self.assertEqual(self.delivery.state, "cancelled")
        self.assertIn(self.env.user.name, self.delivery.reason)
        self.assertFalse(self.move.is_move_sent)
        self.delivery.action_resend()
        self._render()
        self._tried(61)
        self.assertEqual(self._send(), 1, "sent after all")

    def test_what_has_left_is_not_cancelled(self):
        self._send()
        with self.assertRaises(UserError):
            self.delivery.action_cancel()
        self.delivery.sudo().state = "sending"
        with self.assertRaises(UserError):
            self.delivery.action_cancel()

    def test_cancelling_closes_the_activity(self):
        self._send([{"ap@acme.example.com": (550, b"no such user")}])
        self.assertEqual(len(self._activities()), 1)
        self.delivery.action_cancel()
        self.assertFalse(self._activities())

    def test_two_senders_share_no_minute(self):
        """Only who holds the lock counts and sends."""
        with closing(db_connect(self.env.cr.dbname).cursor()) as other:
            other.execute("SELECT pg_advisory_lock(%s, %s)", SENDER_LOCK)
            self.assertEqual(self._send(), 0)
            other.execute("SELECT pg_advisory_unlock(%s, %s)", SENDER_LOCK)
        self.assertEqual(self._send(), 2)
