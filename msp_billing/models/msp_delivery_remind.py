import logging
from datetime import timedelta

from psycopg2 import IntegrityError, OperationalError

from odoo import api, models

from ..engine.dunning import due_steps

_logger = logging.getLogger(__name__)


class MspDelivery(models.Model):
    """Reminders: which step of the ladder an open bill has reached."""

    _inherit = "msp.delivery"

    # === CRON METHODS === #
    @api.model
    def _cron_remind(self):
        """Queue the reminders and statements of today, company by company.

        It sends nothing itself. What has become of bills that were reminded of is
        seen to first: suspensions and activities that a payment has settled.
        """
        Cron = self.env["ir.cron"]
        if self._stopped_as_clone():
            return
        companies = self.env["res.company"].search([("active", "=", True)])
        works = [
            (work, company)
            for company in companies
            for work in (
                self._settle_company,
                self._remind_company,
                self._state_company,
            )
        ]
        Cron._commit_progress(remaining=len(works))
        queued = False
        for work, company in works:
            queued |= self._notice(work, company)
            if not Cron._commit_progress(1):
                break
        if queued:
            self._trigger_cron("render")
            self._trigger_cron("deliver")
            Cron._commit_progress()

    # === BUSINESS METHODS === #
    @api.model
    def _notice(self, work, company):
        """Do one work for a company; return whether mails were queued.

        What fails is rolled back and blocks no other company. The caller commits.
        """
        try:
            queued = bool(work(company))
            self.env.flush_all()
        except (IntegrityError, OperationalError) as error:
            # Another worker was faster: the rest comes with the next hour.
            if self.env.cr.closed:
                raise
            self.env.cr.rollback()
            _logger.info("Notices of company %s wait: %s", company.id, error)
        except Exception:
            if self.env.cr.closed:
                raise
            self.env.cr.rollback()
            _logger.exception("No notices for company %s", company.id)
        else:
            return queued
        return False

    @api.model
    def _remind_company(self, company):
        """Queue the reminders of a company's bills; return whether there are any.

        :rtype: bool
        """
        today = company._msp_today()
        steps = self.env["msp.reminder.step"]._of_company(company)
        if not steps:
            return False
        moves = self.env["account.move"].search(
            self._remind_domain(company, today, min(steps.mapped("days")))
        )
        vals_list = []
        for move in moves:
            step = self._step_of(move, steps, today)
            if step:
                vals_list.append(self._prepare_step(move, step))
        return bool(self.create(vals_list))

    @api.model
    def _remind_domain(self, company, today, first_days):
        """Return the open bills of ours that may have reached a step.

        :param int first_days: of the earliest step, negative before the due date
        """
        latest = today.fromordinal(today.toordinal() - first_days)
        return [
            *self._open_bill_domain(),
            ("company_id", "=", company.id),
            ("line_ids.date_maturity", "<=", latest),
            (
                "msp_delivery_ids",
                "any",
                [("kind", "=", "bill"), ("state", "=", "sent")],
            ),
        ]

    @api.model
    def _open_bill_domain(self):
        return [
            ("move_type", "=", "out_invoice"),
            ("state", "=", "posted"),
            ("msp_run_id", "!=", False),
            ("msp_disputed", "=", False),
            ("payment_state", "in", ("not_paid", "partial")),
        ]

    @api.model
    def _step_of(self, move, steps, today):
        """Return the step to send today, or an empty recordset.

        No step up to the day on which the bill itself went out is made up for.
        """
        none = self.env["msp.reminder.step"]
        deliveries = move.msp_delivery_ids
        bill = deliveries.filtered(lambda d: d.kind == "bill" and d.date_sent)[:1]
        due = self._first_open_due_date(move)
        if not bill or not due or self._is_exempt(move):
            return none
        sent = move.company_id._msp_day(bill.date_sent) + timedelta(days=1)
        not_before = max(move.invoice_date, sent)
        ladder = [(step, step.days) for step in steps]
        reached = due_steps(due, ladder, today, not_before)
        return none.union(*reached) - deliveries.step

    @api.model
    def _is_exempt(self, move):
        """Say whether customer, or all subscriptions of the bill want no reminders."""
        customer = move.commercial_partner_id.with_company(move.company_id)
        if customer.sudo().msp_no_reminder:
            return True
        subscriptions = move.msp_cycle_ids.subscription_id
        return bool(subscriptions) and all(subscriptions.mapped("no_reminder"))

    @api.model
    def _first_open_due_date(self, move):
        """Return the due date of the first instalment that is not paid."""
        open_lines = move.line_ids.filtered(
            lambda line: (
                line.account_id.account_type == "asset_receivable"
                and not line.currency_id.is_zero(line.amount_residual_currency)
            )
        )
        dates = [line.date_maturity for line in open_lines if line.date_maturity]
        return min(dates, default=move.invoice_date_due)

    def _due_date(self):
        return self._first_open_due_date(self.move_id)

    def _reminder_obstacle(self):
        """Say why the bill is not to be reminded of, or nothing.

        :rtype: str or None
        """
        move = self.move_id
        if move.state != "posted":
            return self.env._("The bill is not posted.")
        if move.payment_state not in ("not_paid", "partial"):
            return self.env._("The bill is paid or reversed.")
        if move.msp_disputed:
            return self.env._("The bill is disputed.")
        if self._is_exempt(move):
            return self.env._("The customer wants no reminders.")
        return None

    def _drop_pointless(self):
        """Drop a reminder that has become pointless since it was queued.

        Asked in the transaction that would send it. What was sent before, and is
        repeated by hand, stays on record: no step goes out twice by itself.

        :rtype: bool
        """
        self.ensure_one()
        obstacle = self.kind == "reminder" and self._reminder_obstacle()
        if not obstacle:
            return False
        self.move_id._message_log(
            body=self.env._(
                "%(step)s was not sent: %(reason)s",
                step=self.step.name,
                reason=obstacle,
            )
        )
        if self.date_sent:
            self.write({"state": "sent", "is_noted": True, "reason": obstacle})
        else:
            self.unlink()
        return True
