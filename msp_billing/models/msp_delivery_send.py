import contextlib
import logging
import smtplib
import time

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.smtp_sessions import Sessions
from ..tools.smtp_transmit import ACCEPTED, AMBIGUOUS, REFUSED, transmit
from .msp_delivery_mail import LostDocument
from .msp_delivery_pace import QUEUE_ORDER
from .msp_delivery_work import ALARM_AFTER, GIVE_UP_AFTER

_logger = logging.getLogger(__name__)

# "msp", "mail": of this database, since PostgreSQL keeps advisory locks apart.
SENDER_LOCK = (7565168, 1835100524)
TRIES = 5


class NoConnection(Exception):
    """The mail server cannot be reached: no delivery is to blame."""


class MspDelivery(models.Model):
    """Sending, by one sender at a time.

    ``sending`` is committed before the mail is handed over and ``sent`` after it. Who
    dies in between leaves ``sending`` behind: a bill then goes out again with the same
    Message-ID, a reminder or a statement waits for a person.
    """

    _inherit = "msp.delivery"

    # === CRON METHODS === #
    @api.model
    def _cron_deliver(self):
        """Send what is queued and has its documents."""
        with self._only_sender() as alone:
            if not alone:
                self._trigger_cron("deliver", minutes=1)
                self.env["ir.cron"]._commit_progress()
            elif not self._stopped_as_clone():
                self._recover()
                self._send_due()
                self._note_sent()
                self._tell_people()

    # === BUSINESS METHODS === #
    @contextlib.contextmanager
    def _only_sender(self):
        """Hold the lock of the sender on the connection that does the work.

        A lock on another connection can be lost while the work goes on.
        """
        Cron, cr = self.env["ir.cron"], self.env.cr
        lock = SQL("%s, %s", *SENDER_LOCK)
        [(alone,)] = self.env.execute_query(
            SQL("SELECT pg_try_advisory_lock(%s)", lock)
        )
        # Only now does this transaction see what the last sender has done.
        Cron._commit_progress()
        try:
            yield alone
        finally:
            if alone and not cr.closed:
                cr.rollback()
                cr.execute(SQL("SELECT pg_advisory_unlock(%s)", lock))
                Cron._commit_progress()

    @api.model
    def _send_domain(self):
        return [
            ("state", "=", "queued"),
            ("date_rendered", "!=", False),
            "|",
            ("next_try", "=", False),
            ("next_try", "<=", fields.Datetime.now()),
        ]

    @api.model
    def _recover(self):
        """Decide about what a sender that died left behind."""
        left = self.search([("state", "=", "sending")])
        # When they were handed over is not known: now at the latest.
        left.write({"date_tried": self._clock()})
        bills = left.filtered(lambda delivery: delivery.kind == "bill")
        # A mail on which one sender after the other dies is a person's.
        again = bills.filtered(lambda delivery: delivery.attempts < ALARM_AFTER)
        again.write(
            {
                "state": "queued",
                "next_try": False,
                "reason": self.env._(
                    "The server stopped while this was sent. It is sent again, with "
                    "the same Message-ID."
                ),
            }
        )
        (left - again).write(
            {
                "state": "unknown",
                "to_tell": True,
                "reason": self.env._(
                    "The server stopped while this was sent. Find out whether it has "
                    "arrived before you send it again."
                ),
            }
        )
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _send_due(self):
        Cron = self.env["ir.cron"]
        domain = self._send_domain()
        queue = self.search(domain, order=QUEUE_ORDER)
        queue = [(delivery.id, delivery.company_id.id) for delivery in queue]
        if queue:
            self._remember_database()
        Cron._commit_progress(remaining=len(queue))
        full = set()
        with Sessions() as sessions:
            for position, (delivery_id, company_id) in enumerate(queue):
                company = self.env["res.company"].browse(company_id)
                if company_id in full or self._wait_for_slot(company):
                    full.add(company_id)
                    continue
                try:
                    self._send_one(delivery_id, domain, sessions)
                except NoConnection as error:
                    rest = self.browse(res_id for res_id, _ in queue[position:])
                    rest._wait_for_server(delivery_id, error)
                    Cron._commit_progress(remaining=0)
                    return
                except Exception as error:  # noqa: BLE001 - it stays on the delivery
                    self.browse(delivery_id)._hold_mail(error)
                if not Cron._commit_progress(1):
                    return
        if full:
            # The others wait for their minute, not for another turn of this one.
            Cron._commit_progress(remaining=0)

    @api.model
    def _send_one(self, delivery_id, domain, sessions):
        delivery = self._claim(delivery_id, domain)
        if not delivery or delivery._drop_pointless():
            return
        message = delivery._build_mail()
        server = delivery.company_id.id
        session = sessions.get(server, delivery._open_session)
        sender, recipients, message = delivery._mail_server()._prepare_email_message__(
            message, session
        )
        delivery.write(delivery._prepare_try())
        self.env["ir.cron"]._commit_progress()
        outcome = transmit(session, message, sender, recipients)
        if outcome.kind != ACCEPTED:
            sessions.drop(server)
        delivery._store(outcome)

    def _open_session(self):
        """Return an open session with the mail server, as Odoo chooses it.

        :raises NoConnection: when there is none, or it cannot be reached
        """
        try:
            session = self._mail_server()._connect__(smtp_from=self._mail_from())
        except (OSError, UserError, smtplib.SMTPException) as error:
            raise NoConnection(
                self.env._(
                    "The mail server cannot be reached: %(error)s",
                    error=str(error) or type(error).__name__,
                )
            ) from error
        if session is None:
            raise NoConnection(
                self.env._("Odoo sends no mail while it is tested or installed.")
            )
        return session

    def _store(self, outcome):
        """Record what became of the mail. Once it is accepted this must succeed."""
        for attempt in range(1, TRIES + 1):
            try:
                self.write(self._prepare_outcome(outcome))
                self.env["ir.cron"]._commit_progress()
            except OperationalError:
                if self.env.cr.closed or attempt == TRIES:
                    raise
                self.env.cr.rollback()
                time.sleep(0.1 * attempt)
            else:
                break
        if self.state == "queued":
            self._trigger_at_next_try()

    def _prepare_outcome(self, outcome):
        """Return the values that an outcome gives the delivery."""
        vals = {
            "server_reply": outcome.reply,
            "next_try": False,
            "date_tried": self._clock(),
        }
        if outcome.kind == ACCEPTED:
            return vals | self._prepare_sent(outcome)
        if outcome.kind == AMBIGUOUS and self.kind != "bill":
            reason = self.env._(
                "The connection was lost while the mail was handed over (%(reply)s). "
                "Find out whether it has arrived.",
                reply=outcome.reply,
            )
            return vals | {"state": "unknown", "reason": reason, "to_tell": True}
        if outcome.kind == REFUSED or self.attempts >= GIVE_UP_AFTER:
            reason = self.env._(
                "The mail server refused it: %(reply)s", reply=outcome.reply
            )
            return vals | {"state": "failed", "reason": reason, "to_tell": True}
        reason = self.env._("Not accepted yet: %(reply)s", reply=outcome.reply)
        if outcome.kind == AMBIGUOUS:
            reason = self.env._(
                "The connection was lost while the bill was handed over (%(reply)s). "
                "It is sent again, with the same Message-ID.",
                reply=outcome.reply,
            )
        # The attempt was counted when it began.
        return vals | self._prepare_wait(reason, self.attempts)

    def _prepare_sent(self, outcome):
        vals = {
            "state": "sent",
            "date_sent": fields.Datetime.now(),
            "reason": False,
            "is_noted": False,
        }
        if outcome.refused:
            vals["to_tell"] = True
            vals["reason"] = self.env._(
                "Not delivered to %(refused)s", refused="; ".join(outcome.refused)
            )
        return vals

    def _hold_mail(self, error):
        """Record why a mail could not be built."""
        self._hold(error)
        delivery = self.exists()
        if not delivery:
            return
        if isinstance(error, LostDocument):
            delivery.write({"date_rendered": False, "next_try": False})
            self._trigger_cron("render")
        elif isinstance(error, AssertionError):
            delivery.write({"state": "failed", "next_try": False, "to_tell": True})

    def _wait_for_server(self, tried_id, error):
        """Let all wait for a mail server that is not there; one carries the count."""
        self.env.cr.rollback()
        reason = str(error)
        tried = self.browse(tried_id)
        tried.write(tried._prepare_wait(reason, tried.attempts + 1))
        rest = self.filtered(lambda d: d.company_id == tried.company_id) - tried
        rest.write({"reason": reason, "next_try": tried.next_try})
        tried._trigger_at_next_try()
        if self - tried - rest:
            # Another company may have a mail server that works.
            self._trigger_cron("deliver", minutes=1)
