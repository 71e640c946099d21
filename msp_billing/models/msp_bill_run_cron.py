import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import config

# One scheduled action is one worker.
BILL_CRONS = ("ir_cron_bill", "ir_cron_bill_2", "ir_cron_bill_3", "ir_cron_bill_4")
# The seconds that Odoo gives a scheduled action before others have their turn.
SLICE = 10
# The part of Odoo's limits that a worker uses: beyond them it would be killed.
SHARE_OF_LIMITS = 0.4


class MspBillRun(models.Model):
    """The workers of a run: scheduled actions with the same code."""

    _inherit = "msp.bill.run"

    # === CRON METHODS === #
    @api.model
    def _cron_bill(self):
        """Work on the runs in ``running`` until they are done or the time is up.

        After them come the previews of large runs.

        A slice that leaves work wakes all workers, itself included, before its last
        commit: whatever happens then, the work goes on.
        """
        Cron = self.env["ir.cron"]
        if self._is_past_deadline():
            # Called again by Odoo in the same slice, near the limit: another time.
            Cron._commit_progress(remaining=1)
            return
        runs = self.search([("state", "=", "running")], order="date, id")
        previews = self.search([("preview_for", "!=", False)], order="id")
        Cron._commit_progress(
            remaining=sum(run._as_bot()._count_remaining() for run in runs)
            + len(previews)
        )
        for work in (
            *(run._as_bot()._work for run in runs),
            *(run._as_bot()._work_on_preview for run in previews),
        ):
            if not work():
                self._trigger_workers()
                Cron._commit_progress()
                return
        # What is left is in other workers' hands: do not look again at once.
        Cron._commit_progress(remaining=0)

    # === BUSINESS METHODS === #
    @api.model
    def _bill_crons(self):
        """Return the scheduled actions that bill, as superuser, the first one first."""
        crons = [
            self.env.ref(f"msp_billing.{name}", raise_if_not_found=False)
            for name in BILL_CRONS
        ]
        return self.env["ir.cron"].sudo().union(*filter(None, crons))

    @api.model
    def _trigger_workers(self, minutes=0):
        """Wake the active workers, now or in some minutes."""
        at = fields.Datetime.now() + timedelta(minutes=minutes)
        for cron in self._bill_crons().filtered("active"):
            cron._trigger(at)

    @api.model
    def _slice_start(self):
        """Return when Odoo started this slice, or None outside a scheduled action."""
        end = self.env.context.get("cron_end_time")
        return end - SLICE if end else None

    @api.model
    def _is_past_deadline(self):
        """Say whether a worker should stop before Odoo kills it."""
        start = self._slice_start()
        if start is None:
            return False
        real = config["limit_time_real_cron"]
        limits = [
            limit
            for limit in (
                config["limit_time_cpu"],
                config["limit_time_real"] if real < 0 else real,
            )
            if limit
        ]
        budget = max(SLICE, SHARE_OF_LIMITS * min(limits, default=150))
        return time.monotonic() > start + budget
