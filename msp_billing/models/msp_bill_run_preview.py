import logging
import time

from odoo import api, fields, models

from ..tools.failure import is_lost, is_system, is_transient
from ..tools.presence import Presence

_logger = logging.getLogger(__name__)

# So many subscriptions are previewed while the browser waits; more by the workers.
AT_ONCE = 200


class MspBillRun(models.Model):
    """The preview: at once for a small run, by the workers for a large one."""

    _inherit = "msp.bill.run"

    # === FIELDS === #
    preview_for = fields.Selection(
        selection=[("show", "To Show It"), ("approve", "To Have It Approved")],
        readonly=True,
        copy=False,
        help="Why the preview is being worked out in the background.",
    )
    preview_reached = fields.Integer(
        readonly=True,
        copy=False,
        help="The last bill-to customer that the preview has worked out.",
    )
    previewing = fields.Boolean(compute="_compute_previewing")

    # === COMPUTE METHODS === #
    @api.depends("preview_for")
    def _compute_previewing(self):
        for run in self:
            run.previewing = bool(run.preview_for)

    # === ACTION METHODS === #
    def action_preview(self):
        """Count and rate what is due, and show it. Nothing is billed.

        A large run is previewed by the scheduled action, with its progress on the
        form; one that waits for approval waits for it again afterwards.

        :raises UserError: when the run has started already, or is being previewed
        """
        for run in self:
            run._require_state(("draft", "previewed", "waiting"))
            run._start_preview("approve" if run.state == "waiting" else "show")
        return True

    def action_draft(self):
        """Set a run that has not started back to draft: nothing of it is kept."""
        for run in self:
            run.check_access("write")
            if not run.previewing:
                run._require_state(("previewed", "waiting"))
            bot = run._as_bot()
            bot._drop_preview()
            bot.write({"state": "draft", "preview_for": False, "preview_reached": 0})
            run._settle_activities(run.env._("Set back to draft."))
        return True

    # === BUSINESS METHODS === #
    def _start_preview(self, purpose):
        """Preview, at once or in the background.

        :param str purpose: ``show``, or ``approve`` to wait for approval afterwards
        """
        self.ensure_one()
        bot = self._as_bot()
        bot._drop_preview()
        due = bot._due_subscriptions()
        if len(due) <= AT_ONCE:
            bot._preview_or_isolate(due)
            bot._end_preview(purpose)
            return
        bot.write({"state": "draft", "preview_for": purpose, "preview_reached": 0})
        bot._trigger_workers()

    def _drop_preview(self):
        self.issue_ids.unlink()
        self.batch_ids.unlink()
        self.cycle_ids._release_from_run()

    def _end_preview(self, purpose):
        state = "waiting" if purpose == "approve" else "previewed"
        self.write({"state": state, "preview_for": False, "preview_reached": 0})
        if purpose == "approve":
            self._ask_for_approval()

    def _preview_or_isolate(self, subscriptions):
        """Preview subscriptions; name those that would fail as issues.

        Savepoints are enough here: nothing is numbered, posted or mailed.
        """
        if self._try_to_preview(subscriptions) is None:
            return
        for own in subscriptions.grouped("bill_to_id").values():
            error = self._try_to_preview(own)
            if error is not None:
                self._record_unopened(own, self._describe(error))

    def _try_to_preview(self, subscriptions):
        """Preview subscriptions; return what stopped them, or None.

        :raises Exception: what is nobody's: conflicts, a database that is gone
        """
        try:
            with self.env.cr.savepoint():
                self._preview(subscriptions)
        except Exception as error:
            if (
                is_lost(error, self.env.cr.closed)
                or is_transient(error)
                or is_system(error)
            ):
                raise
            self.env.invalidate_all()
            return error
        return None

    # === IN THE BACKGROUND === #
    def _work_on_preview(self):
        """Preview batch after batch; return False when the time is up.

        One worker at a time: what the others do meanwhile is bill.
        """
        self.ensure_one()
        presence = Presence(self.env.cr, -self.id)
        if not presence.leave_last():
            return True
        Cron = self.env["ir.cron"].sudo()
        # Only a transaction that begins after the lock sees what others did before.
        Cron._commit_progress()
        try:
            while self._preview_batch():
                if not Cron._commit_progress(1):
                    return False
        except Exception as error:
            if self.env.cr.closed:
                raise
            self.env.cr.rollback()
            if not is_transient(error):
                self._give_up_preview(error)
            else:
                # Somebody changed what was being previewed: again in a minute.
                self._trigger_workers(minutes=1)
        finally:
            if not self.env.cr.closed:
                presence.leave()
        Cron._commit_progress()
        return True

    def _preview_batch(self):
        """Preview the next customers; say whether more are left."""
        self.invalidate_recordset()
        if not self.preview_for:
            return False
        started = time.monotonic()
        domain = self._due_run_domain()
        payers = self._next_payers(domain, self.preview_reached)
        if not payers:
            self._end_preview(self.preview_for)
            return False
        batch = self.env["msp.subscription"].search(
            [*domain, ("bill_to_id", "in", payers)], order="bill_to_id, id"
        )
        self._preview_or_isolate(batch)
        self._log_batch(batch, started)
        self.preview_reached = payers[-1]
        return True

    def _give_up_preview(self, error):
        """Set the run back to draft and tell its responsible person why."""
        _logger.error("Bill run %s: no preview", self.id, exc_info=error)
        self.write({"preview_for": False, "preview_reached": 0})
        self.sudo().activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("The preview of the bill run failed"),
            note=self._describe_system(error),
            user_id=self.user_id.id or self.env.user.id,
        )
