from odoo import models


class IrCron(models.Model):
    _inherit = "ir.cron"

    def _update_failure_count(self, job, status):
        """Let ``_notify_admin`` know which scheduled action it is about."""
        known = self.with_context(msp_failed_cron=job["id"])
        return super(IrCron, known)._update_failure_count(job, status)

    def _notify_admin(self, message):
        """Tell billing managers when Odoo switches one of our actions off."""
        Run = self.env["msp.bill.run"]
        if self.env.context.get("msp_failed_cron") in Run._our_crons().ids:
            Run._raise_scheduler_alarm(message)
        return super()._notify_admin(message)
