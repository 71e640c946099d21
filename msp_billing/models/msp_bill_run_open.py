import logging

from odoo import api, fields, models

from ..tools.failure import is_transient
from .msp_bill_run_work import MAX_ATTEMPTS

_logger = logging.getLogger(__name__)


class MspBillRun(models.Model):
    """When a run opens by itself."""

    _inherit = "msp.bill.run"

    # === CRON METHODS === #
    @api.model
    def _cron_open_runs(self):
        """Open the run of today for each company in which something is due."""
        for company in self.env["res.company"].search([("active", "=", True)]):
            try:
                self._open_run_of(company)
                self.env.flush_all()
            except Exception as error:
                if self.env.cr.closed or is_transient(error):
                    raise
                # The other companies' runs open all the same.
                self.env.cr.rollback()
                _logger.exception("No bill run opened for company %s", company.id)
            self.env["ir.cron"]._commit_progress()

    # === BUSINESS METHODS === #
    @api.model
    def _open_run_of(self, company):
        """Open and start the run of today of a company, when something is due."""
        today = company._msp_today()
        bot = self.new({"company_id": company.id})._as_bot()
        if bot._has_new_work(company, today):
            bot.create(
                {
                    "date": today,
                    "company_id": company.id,
                    "automatic": True,
                    "user_id": self._responsible(company).id,
                }
            ).action_start()

    @api.model
    def _responsible(self, company):
        """Return the billing manager who answers for automatic runs of a company."""
        return self._managers(company)[:1] or self.env.ref("base.user_admin")

    @api.model
    def _managers(self, company):
        """Return the billing managers of a company, without the bot."""
        group = self.env.ref("msp_billing.group_msp_billing_manager")
        return (
            self.env["res.users"]
            .sudo()
            .search(
                [
                    ("all_group_ids", "in", group.ids),
                    ("company_ids", "in", company.ids),
                    ("share", "=", False),
                    ("id", "!=", self.env.ref("msp_billing.user_bot").id),
                ],
                order="id",
            )
        )

    def _has_new_work(self, company, day):
        """Say whether something is due that no run of the day has tried.

        Held cycles are looked at again once a day, failed ones at their next try,
        parked ones (three failures) only by a run that a person starts.
        """
        if self._has_open_run(company, day):
            return False
        due = self._due_domain(company, day)
        again = self._cycles_to_try_again(company).subscription_id
        if again.filtered_domain(due):
            return True
        tried = self.env["msp.bill.run.issue"].search(
            [("run_id.date", "=", day), ("run_id.company_id", "=", company.id)]
        )
        parked = self.env["msp.billing.cycle"].search(
            [("company_id", "=", company.id), ("state", "=", "failed")]
        )
        seen = tried.subscription_id | parked.subscription_id
        return bool(
            self.env["msp.subscription"].search_count(
                [*due, ("id", "not in", seen.ids)], limit=1
            )
        )

    @api.model
    def _has_open_run(self, company, day):
        """Say whether an automatic run still works, or waits for a person today.

        A run that stopped, was paused or was sent back on another day keeps nothing
        back for ever.
        """
        return bool(
            self.search_count(
                [
                    ("company_id", "=", company.id),
                    ("automatic", "=", True),
                    "|",
                    "|",
                    ("preview_for", "!=", False),
                    ("state", "in", ("running", "waiting")),
                    "&",
                    ("state", "in", ("draft", "previewed", "paused", "stopped")),
                    ("date", "=", day),
                ],
                limit=1,
            )
        )

    @api.model
    def _cycles_to_try_again(self, company):
        """Return released cycles, and failed ones whose next try has come."""
        return self.env["msp.billing.cycle"].search(
            [
                ("company_id", "=", company.id),
                "|",
                ("state", "=", "due"),
                "&",
                "&",
                ("state", "=", "failed"),
                ("attempts", "<", MAX_ATTEMPTS),
                ("next_try", "<=", fields.Datetime.now()),
            ]
        )
