import logging
from datetime import timedelta

from markupsafe import escape
from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import str2bool

_logger = logging.getLogger(__name__)

BACK_OFF_MINUTES = (5, 15, 60, 180, 360, 720)
# From the fourth failure on (an hour and a half) a person is told.
ALARM_AFTER = 4
# About five days, as mail servers do it.
GIVE_UP_AFTER = 14
DATABASE_KEY = "msp_billing.delivery_database"


class MspDelivery(models.Model):
    """What rendering and sending share: who works, what a failure does, who is told."""

    _inherit = "msp.delivery"

    # === BUSINESS METHODS === #
    def _as_bot(self):
        """Return the delivery as the bot sees it, in its company alone."""
        company = self.company_id
        bot = self.env.ref("msp_billing.user_bot").sudo()
        context = self.env["msp.bill.run"]._bot_context(company, bot.lang or "en_US")
        return self.with_user(bot).sudo().with_context({}, **context)

    @api.model
    def _claim(self, delivery_id, domain):
        """Lock a delivery and return it when it is still to be worked on."""
        delivery = self.browse(delivery_id).try_lock_for_update(allow_referencing=True)
        delivery = delivery.filtered_domain(domain)
        return delivery._as_bot() if delivery else delivery

    def _hold(self, error, *, alarm_after=ALARM_AFTER):
        """Roll back and record why a delivery waits. The caller commits.

        :param int alarm_after: the attempt after which a person is told
        """
        if self.env.cr.closed:
            raise error
        self.env.cr.rollback()
        if isinstance(error, OperationalError):
            _logger.info("Delivery %s is tried again: %s", self.id, error)
            return
        delivery = self.exists()
        if delivery:
            attempts = delivery.attempts + 1
            reason = self._describe(error)
            delivery.write(delivery._prepare_wait(reason, attempts, alarm_after))
            delivery._trigger_at_next_try()

    def _prepare_wait(self, reason, attempts, alarm_after=ALARM_AFTER):
        """Return the values of a delivery that is tried again later."""
        self.ensure_one()
        step = min(max(attempts, 1), len(BACK_OFF_MINUTES)) - 1
        wait = timedelta(minutes=BACK_OFF_MINUTES[step])
        return {
            "state": "queued",
            "attempts": attempts,
            "reason": reason,
            "next_try": fields.Datetime.now() + wait,
            "to_tell": self.to_tell or attempts == alarm_after,
        }

    def _trigger_at_next_try(self):
        stage = "deliver" if self.date_rendered else "render"
        left = self.next_try - fields.Datetime.now()
        self._trigger_cron(stage, minutes=int(left.total_seconds() // 60) + 1)

    @api.model
    def _describe(self, error):
        """Return a failure as a person reads it; the trace is in the log."""
        if isinstance(error, (UserError, AccessError)):
            return str(error)
        if isinstance(error, AssertionError) and error.args:
            # Odoo's mail server asserts that addresses are some; the last says why.
            return str(error.args[-1])
        _logger.error("A delivery failed", exc_info=error)
        return f"{type(error).__name__}: {error}"

    # === CLONES === #
    @api.model
    def _clone_reason(self):
        """Say why this database sends nothing, or nothing when it may send.

        :rtype: str or None
        """
        get_param = self.env["ir.config_parameter"].sudo().get_param
        if str2bool(get_param("database.is_neutralized") or "", False):
            return self.env._(
                "This database is neutralized (a copy for tests): it sends nothing."
            )
        home = get_param(DATABASE_KEY)
        if home and home != get_param("database.uuid"):
            return self.env._(
                "This database is a copy of the one that sends the bills: it sends "
                "nothing. If it has taken the other's place, delete the system "
                "parameter %(key)s.",
                key=DATABASE_KEY,
            )
        return None

    @api.model
    def _remember_database(self):
        """Make this the database that sends, at the first sending."""
        params = self.env["ir.config_parameter"].sudo()
        if not params.get_param(DATABASE_KEY):
            params.set_param(DATABASE_KEY, params.get_param("database.uuid"))

    @api.model
    def _stopped_as_clone(self):
        """Say whether this database sends nothing, and write it on what waits."""
        reason = self._clone_reason()
        if not reason:
            return False
        waiting = self.search([("state", "in", ("queued", "sending"))])
        waiting.filtered(lambda d: d.reason != reason).write({"reason": reason})
        self.env["ir.cron"]._commit_progress()
        return True

    # === PEOPLE === #
    @api.model
    def _tell_people(self):
        """Give the responsible person one activity for what went wrong.

        The same problem of many bills is one activity: a mail server that is down
        must not make a thousand.
        """
        groups = self.search([("to_tell", "=", True)], order="id").grouped(
            lambda delivery: (delivery._responsible(), delivery.reason, delivery.state)
        )
        for (user, reason, _state), deliveries in groups.items():
            try:
                deliveries._tell(user, reason)
                self.env["ir.cron"]._commit_progress()
            except Exception:
                if self.env.cr.closed:
                    raise
                self.env.cr.rollback()
                _logger.exception("Nobody was told about deliveries %s", deliveries.ids)

    def _responsible(self):
        """Return who is asked to look: salesperson, who ran the bills, a manager."""
        self.ensure_one()
        move, company = self.move_id.sudo(), self.company_id
        manager = self.env.ref("msp_billing.group_msp_billing_manager")
        bot = self.env.ref("msp_billing.user_bot")
        managers = manager.sudo().all_user_ids.filtered(
            lambda user: user.active and company in user.company_ids
        )
        salesperson = move.invoice_user_id or self.partner_id.sudo().user_id
        candidates = salesperson | move.msp_run_id.user_id | managers
        for user in candidates - bot - self.env.ref("base.user_root"):
            if user.active and self.with_user(user).has_access("read"):
                return user
        return self.env["res.users"]

    def _tell(self, user, reason):
        first = self[:1]._as_bot()
        if user:
            names = ", ".join(self[:10].mapped("display_name"))
            more = len(self) - 10
            if more > 0:
                names = self.env._(
                    "%(names)s and %(more)s more", names=names, more=more
                )
            summary = self.env._("Mail to the customer did not go out")
            if first.date_bounced:
                summary = self.env._("Mail to the customer came back")
            activity = first._schedule(user, summary, f"{names}: {reason or ''}")
            self.write({"activity_id": activity.id})
        else:
            _logger.warning("Nobody may see deliveries %s: %s", self.ids, reason)
        self.write({"to_tell": False})

    def _schedule(self, user, summary, note):
        """Give a user a to-do on the bill, or on the customer of a statement."""
        # Without a mail to the user: no SMTP may happen in here.
        return (
            self._about()
            .with_context(mail_activity_quick_update=True)
            .activity_schedule(
                "mail.mail_activity_data_todo",
                summary=summary,
                note=escape(note),
                user_id=user.id,
            )
        )

    def _close_activity(self, feedback):
        """Close the activity when all that it was about is done."""
        activity = self.activity_id
        self.activity_id = False
        if activity and not self.search_count(
            [("activity_id", "=", activity.id)], limit=1
        ):
            activity.action_feedback(feedback=feedback)
