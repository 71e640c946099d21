from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.bounce import Report, read_reports
from .delivery_common import DeliveryCommon

# As Postfix writes it.
BOUNCE = """\
Return-Path: <>
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Date: Mon, 2 Feb 2026 08:00:00 +0000
Message-Id: <20260202080000.4711{number}@mx.example.net>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4711.1770019200/mx.example.net"

This is a MIME-encapsulated message.

--4711.1770019200/mx.example.net
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.net.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

--4711.1770019200/mx.example.net
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
X-Postfix-Queue-ID: 4711
X-Postfix-Sender: rfc822; billing@msp.example.com
Arrival-Date: Mon,  2 Feb 2026 07:59:58 +0000

{recipients}
--4711.1770019200/mx.example.net
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Return-Path: <billing@msp.example.com>
Message-Id: {message_id}
From: "MSP" <billing@msp.example.com>
To: ap@acme.example.com
Subject: Bill

--4711.1770019200/mx.example.net--
"""
RECIPIENT = """\
Final-Recipient: rfc822; {address}
Original-Recipient: rfc822;{address}
Action: {action}
Status: {status}
Remote-MTA: dns; mail.acme.example.com
Diagnostic-Code: smtp; {words}
"""
GONE = "550 5.1.1 <ap@acme.example.com>: Recipient address rejected: User unknown"
# As an old server writes it, without a report.
PLAIN = """\
From: MAILER-DAEMON@old.example.net
To: billing@msp.example.com
Subject: failure notice
Message-Id: <old@old.example.net>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="xx"

--xx
Content-Type: text/plain

Sorry, no mailbox here by that name.

--xx
Content-Type: message/rfc822

Message-Id: {message_id}
Subject: Bill
From: billing@msp.example.com

Body
--xx--
"""


def recipient(address, action="failed", status="5.1.1", words=GONE):
    return RECIPIENT.format(address=address, action=action, status=status, words=words)


@tagged("post_install", "-at_install")
class TestDeliveryBounce(DeliveryCommon):
    """The mail of a bill comes back to the mail gateway of Odoo."""

    def setUp(self):
        super().setUp()
        self._deliver()
        self.date_sent = self.delivery.date_sent
        self.number = 0

    def _bounce(self, *recipients, message_id=None, text=BOUNCE):
        self.number += 1
        text = text.format(
            to="billing@msp.example.com",
            number=self.number,
            recipients="\n".join(recipients),
            message_id=message_id or self.delivery.message_id,
        )
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].sudo().message_process(False, text)
        self.env.flush_all()

    def test_bounce_is_noted_with_the_servers_reason(self):
        self._bounce(recipient("ap@acme.example.com"))
        self.assertRecordValues(
            self.delivery,
            [
                {
                    "state": "failed",
                    "bounced_to": "ap@acme.example.com",
                    "date_sent": self.date_sent,
                    "server_reply": "250 2.0.0 Ok: queued as 4711",
                }
            ],
        )
        self.assertIn("User unknown", self.delivery.reason)
        self.assertTrue(self.delivery.date_bounced)
        self.assertTrue(self.move.is_move_sent, "that it was sent is not lost")
        self.assertIn("User unknown", self.move.message_ids[0].body)
        self._cron("deliver")
        [activity] = self._activities()
        self.assertEqual(activity.user_id, self.salesperson)
        self.assertIn("came back", activity.summary)
        self.assertIn("User unknown", activity.note)

    def test_bounced_bill_is_sent_again_to_the_mended_address(self):
        old = self.delivery.message_id
        self._bounce(recipient("ap@acme.example.com"))
        self._cron("deliver")
        self.subscription.bill_email = "new@acme.example.com"
        self.delivery.action_resend()
        [(_message, _sender, recipients)] = self._deliver().mails
        self.assertEqual(recipients, ["new@acme.example.com"])
        self.assertRecordValues(
            self.delivery, [{"state": "sent", "bounced_to": False, "reason": False}]
        )
        self.assertFalse(self._activities())
        self._bounce(recipient("ap@acme.example.com"), message_id=old)
        self.assertEqual(self.delivery.state, "sent", "that was the old mail")

    def test_late_bounce_of_a_mail_that_was_repeated_to_the_same_address(self):
        old = self.delivery.message_id
        self.delivery.action_resend()
        self._deliver()
        self._bounce(recipient("ap@acme.example.com"), message_id=old)
        self.assertEqual(self.delivery.state, "failed")

    def test_one_of_two_recipients(self):
        self.subscription.bill_email = "ap@acme.example.com, boss@acme.example.com"
        self.delivery.action_resend()
        self._deliver()
        self._bounce(recipient("boss@acme.example.com", words="552 mailbox full"))
        self.assertEqual(self.delivery.state, "sent", "the other one has got it")
        self.assertEqual(self.delivery.bounced_to, "boss@acme.example.com")
        self._cron("deliver")
        self.assertIn("mailbox full", self._activities().note)
        self._bounce(recipient("ap@acme.example.com"))
        self.assertEqual(self.delivery.state, "failed", "now nobody has")

    def test_delayed_is_no_failure(self):
        words = "451 4.4.1 connection timed out"
        self._bounce(recipient("ap@acme.example.com", "delayed", "4.4.1", words))
        self.assertEqual(self.delivery.state, "sent")
        self.assertFalse(self.delivery.date_bounced)
        self.assertIn("still trying", self.delivery.reason)
        self._cron("deliver")
        self.assertFalse(self._activities())

    def test_report_of_success_changes_nothing(self):
        self._bounce(recipient("ap@acme.example.com", "delivered", "2.0.0", "250 ok"))
        self.assertRecordValues(self.delivery, [{"state": "sent", "reason": False}])

    def test_forwarded_mail_comes_back_from_an_unknown_address(self):
        self._bounce(recipient("someone@elsewhere.example.org"))
        self.assertEqual(self.delivery.bounced_to, "ap@acme.example.com")
        self.assertEqual(self.delivery.state, "failed")

    def test_server_that_writes_no_report(self):
        self._bounce(text=PLAIN)
        self.assertEqual(self.delivery.state, "failed")
        self.assertIn("no mailbox here", self.delivery.reason)

    def test_bounce_before_the_note_is_made(self):
        """The sender died after the server's answer: no message of the bill has it."""
        self.env["mail.message"].search(
            [("message_id", "=", self.delivery.message_id)]
        ).unlink()
        self.delivery.sudo().is_noted = False
        self._bounce(recipient("ap@acme.example.com"))
        self.assertEqual(self.delivery.state, "failed")

    def test_bounce_of_another_mail(self):
        self._bounce(recipient("ap@acme.example.com"), message_id="<other@msp>")
        self.assertEqual(self.delivery.state, "sent")

    def test_bounced_bill_gets_no_reminder(self):
        self._bounce(recipient("ap@acme.example.com"))
        self._cron("remind")
        self.assertEqual(self.move.msp_delivery_ids, self.delivery)

    def test_reading_reports(self):
        import email.policy

        text = BOUNCE.format(
            to="x@example.com",
            number=1,
            message_id="<m@x>",
            recipients="\n".join(
                (
                    recipient("a@example.com", "Failed", "5.0.0", "550 no"),
                    recipient("b@example.com", "", "4.2.2", "452 full"),
                )
            ),
        )
        for policy in (email.policy.SMTP, email.policy.compat32):
            message = email.message_from_string(text, policy=policy)
            self.assertEqual(
                read_reports(message),
                [
                    Report("a@example.com", "failed", "550 no"),
                    Report("b@example.com", "delayed", "452 full"),
                ],
            )
        self.assertEqual(read_reports(email.message_from_string("Subject: x\n\ny")), [])
