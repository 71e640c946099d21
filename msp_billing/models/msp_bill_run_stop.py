from odoo import fields, models

from ..tools.presence import count_present

# So many slices in a row without a batch, by a database that is busy or gone.
SETBACK_LIMIT = 3


class MspBillRun(models.Model):
    """How a run ends: done, stopped with an alarm, or set back for a minute."""

    _inherit = "msp.bill.run"

    # === FIELDS === #
    setbacks = fields.Integer(
        readonly=True,
        copy=False,
        default=0,
        help="Slices in a row that did nothing: the database was busy or gone.",
    )

    # === BUSINESS METHODS === #
    def _stop(self, reason):
        """Stop the run with an alarm for its responsible person; blame nobody."""
        self.env.cr.rollback()
        self._raise_alarm(reason)
        self.env["ir.cron"].sudo()._commit_progress()

    def _raise_alarm(self, reason):
        self.write({"state": "stopped", "stop_reason": reason})
        self.sudo().activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("The bill run stopped"),
            note=reason,
            user_id=self.user_id.id or self.env.user.id,
        )

    def _set_back(self, reason):
        """Let the run go on by itself in a minute; the third time in a row stop it.

        On a cursor of its own: the one that worked may be gone.
        """
        if not self.env.cr.closed:
            self.env.cr.rollback()
        with self.env.registry.cursor() as cr:
            run = self.with_env(self.env(cr=cr))
            if run.state != "running":
                return
            run.setbacks += 1
            if run.setbacks < SETBACK_LIMIT:
                run._trigger_workers(minutes=1)
                return
            run._raise_alarm(
                self.env._(
                    "The database was too busy or out of reach %(count)s times in a "
                    "row: %(reason)s\nResume the run when the database is well.",
                    count=run.setbacks,
                    reason=reason,
                )
            )

    def _describe_system(self, error):
        """Return a failure of the system, with the way out, as a person reads it."""
        return self.env._(
            "%(kind)s: %(text)s\nThis is no customer's fault. Ask your administrator "
            "to mend it (the log of the server tells more), then resume the run.",
            kind=type(error).__name__,
            text=str(error).strip(),
        )

    def _finish(self, part):
        """Close the run when nothing is left that it has not tried.

        While another worker is at work the run stays: whoever leaves last closes it.
        """
        last = part.presence.leave_last()
        # What the others did before they left is seen by a new transaction only.
        self.env.cr.rollback()
        if not last or not self._is_all_tried(part.tried):
            # Should the last one die before it closes the run, the next slice does.
            self._trigger_workers(minutes=1)
            return
        if not self._is_running():
            return
        self.state = "done"
        self.sudo().message_post(
            body=self.env._(
                "%(billed)s cycles billed on %(bills)s bills, %(held)s held, "
                "%(failed)s failed.",
                billed=self.billed_count,
                bills=self.bill_count,
                held=self.held_count,
                failed=self.failed_count,
            )
        )

    def _is_all_tried(self, tried):
        self.invalidate_recordset()
        left = self._untried_domain(tried)
        return not self.env["msp.subscription"].search_count(left, limit=1)

    def _workers_at_work(self):
        """Return how many workers are on this run now."""
        self.ensure_one()
        return count_present(self.env.cr, -self.id if self.previewing else self.id)
