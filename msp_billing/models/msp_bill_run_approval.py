from odoo import models


class MspBillRun(models.Model):
    """Approval: a run that is prepared and waits for a manager."""

    _inherit = "msp.bill.run"

    # === ACTION METHODS === #
    def action_approve(self):
        """Let a run that waits for approval bill."""
        for run in self:
            run._require_state(("waiting",))
            run._require_not_future()
            run.message_post(body=self.env._("Approved."))
            run._settle_activities(self.env._("Approved."))
            run._forget_preview()
            run._set_running()
        return True

    # === BUSINESS METHODS === #
    def _ask_for_approval(self):
        """Give every manager of the company an activity, done with the decision."""
        self.ensure_one()
        summary = self.env._("Approve the bill run")
        asked = self.sudo().activity_ids.filtered(lambda a: a.summary == summary)
        for manager in (
            self._managers(self.company_id) or self.user_id
        ) - asked.user_id:
            self.sudo().activity_schedule(
                "mail.mail_activity_data_todo",
                summary=summary,
                note=self.env._(
                    "%(run)s is prepared: %(cycles)s cycles, %(held)s held. Look at "
                    "it, then approve it or set it back to draft.",
                    run=self.name,
                    cycles=self.cycle_count,
                    held=self.held_count,
                ),
                user_id=manager.id,
            )

    def _settle_activities(self, feedback):
        """Finish what the run asked people for: it is decided.

        :param str feedback: by what
        """
        asked = self.sudo().activity_ids.filtered("automated")
        mine = asked.filtered(lambda activity: activity.user_id == self.env.user)
        (asked - mine).unlink()
        if mine:
            mine.action_feedback(feedback=feedback)
