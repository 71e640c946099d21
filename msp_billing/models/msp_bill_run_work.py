import logging
import time
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

_logger = logging.getLogger(__name__)

BATCH_SIZE = 100
MAX_ATTEMPTS = 3
RETRY_HOURS = (1, 6, 24)
# The same error so many times in a row is nobody's fault but the system's.
SAME_ERROR_LIMIT = 3
TRANSIENT = {"40001", "40P01", "55P03", "57014"}
TRIES = 5


class StopRun(Exception):
    """A failure that is not a customer's: the run stops and blames nobody."""


class MspBillRun(models.Model):
    """The work of a run, in batches of customers, a transaction each."""

    _inherit = "msp.bill.run"

    # === CRON METHODS === #
    @api.model
    def _cron_open_runs(self):
        """Open the run of today for each company in which something is due."""
        for company in self.env["res.company"].search([]):
            today = company._msp_today()
            bot = self.new({"company_id": company.id})._as_bot()
            if not bot._has_new_work(company, today):
                continue
            run = bot.create(
                {
                    "date": today,
                    "company_id": company.id,
                    "automatic": True,
                    "user_id": self._responsible(company).id,
                }
            )
            run.action_start()
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _cron_bill(self):
        """Work on the runs in ``running`` until they are done or the time is up."""
        runs = self.search([("state", "=", "running")], order="date, id")
        Cron = self.env["ir.cron"]
        remaining = {run: run._as_bot()._remaining() for run in runs}
        Cron._commit_progress(remaining=sum(map(len, remaining.values())))
        for run in runs:
            if not run._as_bot()._work():
                # Time is up: the rest goes on in the next slice.
                self.env.ref("msp_billing.ir_cron_bill")._trigger()
                Cron._commit_progress()
                return

    # === BUSINESS METHODS === #
    @api.model
    def _responsible(self, company):
        """Return the billing manager who answers for automatic runs of a company."""
        bot = self.env.ref("msp_billing.user_bot")
        managers = self.env["res.users"].search(
            [
                (
                    "all_group_ids",
                    "in",
                    self.env.ref("msp_billing.group_msp_billing_manager").ids,
                ),
                ("company_ids", "in", company.ids),
                ("id", "!=", bot.id),
            ],
            order="id",
            limit=1,
        )
        return managers or self.env.ref("base.user_admin")

    def _has_new_work(self, company, day):
        """Say whether something is due that no run of the day has tried.

        Held cycles are looked at again once a day, failed ones at their next try,
        parked ones (three failures) only by a run that a person starts.
        """
        due = self._due_domain(company, day)
        tried = self.env["msp.bill.run.issue"].search(
            [("run_id.date", "=", day), ("run_id.company_id", "=", company.id)]
        )
        open_runs = self.search_count(
            [
                ("company_id", "=", company.id),
                ("automatic", "=", True),
                ("state", "in", ("running", "waiting", "paused", "stopped")),
            ],
            limit=1,
        )
        if open_runs:
            return False
        now = fields.Datetime.now()
        retry = self.env["msp.billing.cycle"].search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "failed"),
                ("attempts", "<", MAX_ATTEMPTS),
                ("next_try", "<=", now),
            ]
        )
        released = self.env["msp.billing.cycle"].search(
            [("company_id", "=", company.id), ("state", "=", "due")]
        )
        if (retry | released).subscription_id.filtered_domain(due):
            return True
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
    def _due_domain(self, company, day):
        return [
            ("company_id", "=", company.id),
            ("next_bill_date", "!=", False),
            ("next_bill_date", "<=", day),
        ]

    def _due_subscriptions(self):
        """Return the subscriptions with something due on the run's date."""
        self.ensure_one()
        domain = self._due_domain(self.company_id, self.date)
        if self.partner_ids:
            domain += [
                "|",
                ("partner_id", "child_of", self.partner_ids.ids),
                ("bill_to_id", "child_of", self.partner_ids.ids),
            ]
        return self.env["msp.subscription"].search(domain, order="bill_to_id, id")

    def _remaining(self):
        """Return the due subscriptions that this run has not tried yet."""
        self.ensure_one()
        tried = self.issue_ids.filtered(
            lambda issue: issue.kind in ("held", "failed")
        ).subscription_id
        due = self._due_subscriptions() - tried
        if self.automatic:
            parked = self.env["msp.billing.cycle"].search(
                [
                    ("subscription_id", "in", due.ids),
                    ("state", "=", "failed"),
                    "|",
                    ("attempts", ">=", MAX_ATTEMPTS),
                    ("next_try", ">", fields.Datetime.now()),
                ]
            )
            due -= parked.subscription_id
        return due

    def _preview(self):
        """Make, count and rate the due cycles of this run, and say what would be held."""
        self.ensure_one()
        Cycle = self.env["msp.billing.cycle"]
        cycles = Cycle._open(self._due_subscriptions(), self)
        cycles._rate()
        billable = cycles._hold()
        self._record_held(cycles - billable)
        for group in self.env["msp.bill.builder"]._group(billable):
            self._store_totals(group)

    def _store_totals(self, cycles):
        totals = self.env["msp.bill.builder"]._totals(cycles, self.date)
        for cycle, untaxed in totals["untaxed"].items():
            cycle.amount_untaxed = untaxed

    def _record_held(self, cycles):
        for cycle in cycles:
            self._record_issue("held", cycle, cycle.reason)

    def _record_issue(self, kind, cycle, message):
        return self.env["msp.bill.run.issue"].create(
            {
                "run_id": self.id,
                "kind": kind,
                "cycle_id": cycle.id,
                "subscription_id": cycle.subscription_id.id,
                "message": message,
            }
        )

    # === WORK === #
    def _work(self):
        """Bill batch after batch; return False when the time is up.

        Every batch is one transaction. The subscriptions of a bill-to customer are
        locked together, so that any number of workers share a run.
        """
        self.ensure_one()
        Cron = self.env["ir.cron"].sudo()
        errors, tried, conflicts = [], set(), 0
        while True:
            self.invalidate_recordset()
            if self.state != "running":
                return True
            try:
                done = self._work_on_batch(tried, errors)
            except StopRun as stop:
                self._stop(str(stop))
                done = 0
            except OperationalError as error:
                conflicts += 1
                if not self._is_transient(error) or conflicts > TRIES:
                    raise
                # Somebody changed what was being claimed: look again, afresh.
                self.env.cr.rollback()
                continue
            time_left = Cron._commit_progress(max(done, 1))
            if not done:
                return True
            if not time_left:
                return False

    def _work_on_batch(self, tried, errors):
        """Bill one batch, or close the run when none is left.

        :param set tried: ids of the subscriptions tried in this slice, added to
        :return: how many subscriptions were tried
        """
        batch = self._claim(tried)
        if not batch:
            self._finish(tried)
            return 0
        tried.update(batch.ids)
        self._bill_or_isolate(batch, errors)
        return len(batch)

    def _claim(self, tried):
        """Lock and return due subscriptions, whole bill-to customers at a time."""
        left = self._remaining().filtered(lambda sub: sub.id not in tried)
        by_payer = left.grouped("bill_to_id")
        payers = list(by_payer)[:BATCH_SIZE]
        wanted = self.env["msp.subscription"].union(
            *(by_payer[payer] for payer in payers)
        )
        locked = wanted._lock_due()
        return locked.filtered(
            lambda subscription: by_payer[subscription.bill_to_id] <= locked
        )

    def _is_transient(self, error):
        return not self.env.cr.closed and error.pgcode in TRANSIENT

    def _bill_or_isolate(self, batch, errors):
        """Bill a batch; when it fails, bill its customers one by one."""
        try:
            self._bill_with_retry(batch)
        except (OperationalError, StopRun):
            raise
        except Exception as error:
            self.env.cr.rollback()
            _logger.info("A batch is billed customer by customer: %s", error)
        else:
            return
        for payer, subscriptions in batch.grouped("bill_to_id").items():
            locked = subscriptions._lock_due()
            if locked != subscriptions:
                continue
            try:
                self._bill_with_retry(subscriptions)
            except (OperationalError, StopRun):
                raise
            except Exception as error:
                self.env.cr.rollback()
                self._fail(payer, subscriptions, error, errors)
            else:
                errors.clear()
            self.env["ir.cron"].sudo()._commit_progress()

    def _bill_with_retry(self, subscriptions):
        """Bill subscriptions, again when another transaction was in the way."""
        for attempt in range(1, TRIES + 1):
            try:
                self._bill(subscriptions)
                self.env.flush_all()
            except OperationalError as error:
                if not self._is_transient(error):
                    raise
                self.env.cr.rollback()
                if attempt == TRIES:
                    raise StopRun(
                        self.env._(
                            "The database was too busy five times in a row: %(error)s",
                            error=str(error).strip(),
                        )
                    ) from error
                time.sleep(0.05 * attempt)
            else:
                return

    def _bill(self, subscriptions):
        """Count, rate, invoice and post what is due. One transaction, no commit."""
        self.ensure_one()
        Cycle = self.env["msp.billing.cycle"]
        if not self.company_id._msp_sales_journal().active:
            raise StopRun(
                self.env._(
                    "Company %(company)s has no active sales journal. Choose one in "
                    "the settings of MSP Billing.",
                    company=self.company_id.name,
                )
            )
        previewed = {}
        cycles = Cycle._open(subscriptions, self)
        for cycle in cycles:
            if cycle.fingerprint and cycle.state == "due":
                previewed[cycle] = (cycle.fingerprint, cycle.amount)
        cycles._rate()
        billable = cycles._hold()
        self._record_held(cycles - billable)
        self._record_changes(previewed)
        for group in self.env["msp.bill.builder"]._group(billable):
            self._bill_group(group)

    def _bill_group(self, cycles):
        """Make and post the invoice of a group of cycles, and queue its mail."""
        builder = self.env["msp.bill.builder"]
        move = self.env["account.move"]
        if builder._billable(cycles):
            self._store_totals(cycles)
            move = move.create([builder._prepare_bill(cycles, self)])
            move._post(soft=False)
            builder._link(cycles, move)
        cycles.write(
            {
                "state": "billed",
                "move_id": move.id,
                "reason": False if move else self.env._("Nothing to bill"),
                "next_try": False,
            }
        )
        if move:
            self.env["msp.delivery"]._enqueue_bill(move)

    def _record_changes(self, previewed):
        for cycle, (fingerprint, amount) in previewed.items():
            if cycle.fingerprint != fingerprint:
                self._record_issue(
                    "changed",
                    cycle,
                    self.env._(
                        "%(before)s in the preview, %(after)s now: the computers, the "
                        "prices or the terms changed in between.",
                        before=cycle.currency_id.format(amount),
                        after=cycle.currency_id.format(cycle.amount),
                    ),
                )

    # === FAILURES === #
    def _fail(self, payer, subscriptions, error, errors):
        """Record a customer's failure in a transaction of its own.

        :param list errors: the texts of the failures in a row, kept by the caller
        :raises StopRun: when the same failure comes again and again
        """
        message = self._describe(error)
        _logger.warning(
            "Bill run %s: %s was not billed: %s", self.id, payer.display_name, message
        )
        errors.append(message)
        if errors[-SAME_ERROR_LIMIT:] == [message] * SAME_ERROR_LIMIT:
            raise StopRun(
                self.env._(
                    "The same failure three times in a row: %(message)s",
                    message=message,
                )
            )
        for cycle in self.env["msp.billing.cycle"]._open(subscriptions, self):
            attempts = cycle.attempts + 1
            hours = RETRY_HOURS[min(attempts, len(RETRY_HOURS)) - 1]
            cycle.write(
                {
                    "state": "failed",
                    "reason": message,
                    "attempts": attempts,
                    "next_try": fields.Datetime.now() + timedelta(hours=hours),
                }
            )
            self._record_issue("failed", cycle, message)
            self._ask_responsible(cycle, message)

    def _ask_responsible(self, cycle, message):
        """Give the responsible person one activity per subscription, not one per try."""
        subscription = cycle.subscription_id.sudo()
        summary = self.env._("Could not be billed")
        if subscription.activity_ids.filtered(lambda a: a.summary == summary):
            return
        subscription.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=summary,
            note=message,
            user_id=(subscription.user_id or self.user_id).id,
        )

    def _describe(self, error):
        """Return a failure as a person reads it; the trace is in the log."""
        if isinstance(error, (UserError, AccessError)):
            return str(error)
        _logger.error("Bill run %s failed on a customer", self.id, exc_info=error)
        return f"{type(error).__name__}: {error}"

    def _stop(self, reason):
        self.env.cr.rollback()
        self.write({"state": "stopped", "stop_reason": reason})
        self.sudo().activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("The bill run stopped"),
            note=reason,
            user_id=self.user_id.id or self.env.user.id,
        )

    def _finish(self, tried):
        """Close the run when nothing is left that it has not tried."""
        if self._remaining().filtered(lambda sub: sub.id not in tried):
            # Other workers hold them. Whoever comes last closes the run.
            self.env.ref("msp_billing.ir_cron_bill").sudo()._trigger(
                fields.Datetime.now() + timedelta(minutes=1)
            )
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
