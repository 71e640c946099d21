from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_datetime

# The stages from what is due to the reminder, each a scheduled action.
STAGES = ("open_runs", "bill", "render", "deliver", "remind", "audit")
# Hours after its time at which an action that did not run is late.
LATE_HOURS = 2
# Failures in a row that people should know of.
FAILURES = 3


class MspBillRun(models.Model):
    """Whether the scheduled actions run: told by whoever reads, not by an action."""

    _inherit = "msp.bill.run"

    # === FIELDS === #
    scheduler_notice = fields.Text(compute="_compute_scheduler_notice")

    # === COMPUTE METHODS === #
    @api.depends("state")
    @api.depends_context("lang", "tz")
    def _compute_scheduler_notice(self):
        self.scheduler_notice = "\n".join(self.get_scheduler_notices()) or False

    # === ACTION METHODS === #
    @api.model
    @api.readonly
    def get_scheduler_notices(self):
        """Return what managers must know of scheduled actions that stand still.

        :return: one text for each stage that does not run, with the way out; nothing
            for other people
        :rtype: list[str]
        """
        if not self.env.user.has_group("msp_billing.group_msp_billing_manager"):
            return []
        late = self._late_stages()
        if not late:
            return []
        return [
            *late.values(),
            self.env._(
                "An administrator looks at Settings > Technical > Scheduled Actions, "
                "and at the log of the server. What is due is not lost: it is billed "
                "and mailed when they run again."
            ),
        ]

    # === BUSINESS METHODS === #
    @api.model
    def _our_crons(self):
        """Return our scheduled actions, workers included, as superuser."""
        crons = [
            self.env.ref(f"msp_billing.ir_cron_{stage}", raise_if_not_found=False)
            for stage in STAGES
        ]
        return self._bill_crons().union(*(cron.sudo() for cron in crons if cron))

    @api.model
    def _late_stages(self):
        """Return stage -> why it does not run, as people read it."""
        late = {}
        for stage in STAGES:
            cron = self.env.ref(
                f"msp_billing.ir_cron_{stage}", raise_if_not_found=False
            )
            reason = cron and self._why_late(cron.sudo())
            if reason:
                late[stage] = reason
        return late

    @api.model
    def _stage_health(self):
        """Return stage -> ``ok`` or ``late``."""
        late = self._late_stages()
        return {stage: "late" if stage in late else "ok" for stage in STAGES}

    @api.model
    def _why_late(self, cron):
        seen = self._last_seen(cron)
        time = format_datetime(self.env, seen) if seen else "–"
        if not cron.active:
            return self.env._(
                "The scheduled action “%(name)s” is switched off. Last run: %(time)s.",
                name=cron.cron_name,
                time=time,
            )
        if cron.failure_count >= FAILURES:
            return self.env._(
                "The scheduled action “%(name)s” has failed %(count)s times in a row.",
                name=cron.cron_name,
                count=cron.failure_count,
            )
        limit = self.env.cr.now() - timedelta(hours=LATE_HOURS)
        if cron.nextcall < limit and (not seen or seen < limit):
            if not seen:
                return self.env._(
                    "The scheduled action “%(name)s” has never run.",
                    name=cron.cron_name,
                )
            return self.env._(
                "The scheduled action “%(name)s” has not run since %(time)s.",
                name=cron.cron_name,
                time=time,
            )
        return False

    @api.model
    def _last_seen(self, crons):
        """Return when one of the scheduled actions last was at work, or False."""
        self.env["ir.cron"].flush_model(["lastcall"])
        self.env["ir.cron.progress"].flush_model(["cron_id"])
        rows = self.env.execute_query(
            SQL(
                "SELECT max(seen) FROM ("
                "SELECT max(lastcall) AS seen FROM ir_cron WHERE id = ANY(%(crons)s) "
                "UNION ALL SELECT max(create_date) FROM ir_cron_progress "
                "WHERE cron_id = ANY(%(crons)s)) AS calls",
                crons=list(crons.ids),
            )
        )
        return rows[0][0] or False

    @api.model
    def _raise_scheduler_alarm(self, message):
        """Give the managers of every company an activity on their company."""
        told = self.env["res.users"]
        for company in self.env["res.company"].sudo().search([("active", "=", True)]):
            for manager in self._managers(company) - told:
                company.partner_id.with_context(
                    mail_notify_force_send=False
                ).activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=self.env._("A scheduled action of MSP Billing is off"),
                    note=message,
                    user_id=manager.id,
                )
                told |= manager
