import logging
import time

from psycopg2 import OperationalError

from odoo import api, fields, models

from .msp_bill_run_failure import StopRun

_logger = logging.getLogger(__name__)

BATCH_SIZE = 100
MAX_ATTEMPTS = 3
TRANSIENT = {"40001", "40P01", "55P03", "57014"}
TRIES = 5


class MspBillRun(models.Model):
    """The work of a run, in batches of customers, a transaction each."""

    _inherit = "msp.bill.run"

    # === CRON METHODS === #
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
    def _due_domain(self, company, day):
        return [
            ("company_id", "=", company.id),
            "|",
            ("next_bill_date", "<=", day),
            ("next_correction_date", "<=", day),
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
        """Make, count and rate the due cycles, and say what would be held."""
        self.ensure_one()
        Cycle = self.env["msp.billing.cycle"]
        subscriptions = self._due_subscriptions()
        cycles = Cycle._open(subscriptions, self)
        cycles._rate()
        cycles |= Cycle._correct(subscriptions, self)
        billable = cycles._hold()
        self._record_held(cycles - billable)
        builder = self._builder()
        for group in builder._group(billable):
            self._store_totals(group, builder)

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
        error = self._try_to_bill(batch)
        if error is None:
            return
        _logger.info("A batch is billed customer by customer: %s", error)
        for payer, subscriptions in batch.grouped("bill_to_id").items():
            if subscriptions._lock_due() != subscriptions:
                continue
            error = self._try_to_bill(subscriptions)
            if error is None:
                errors.clear()
            else:
                self._fail(payer, subscriptions, error, errors)
            self.env["ir.cron"].sudo()._commit_progress()

    def _try_to_bill(self, subscriptions):
        """Bill subscriptions; return what stopped them, after a rollback, or None.

        :raises OperationalError: a conflict or a lost server is not a customer's
        :raises StopRun: nor is what stops the run
        """
        try:
            self._bill_with_retry(subscriptions)
        except (OperationalError, StopRun):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is recorded
            self.env.cr.rollback()
            return error
        return None

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
        cycles |= Cycle._correct(subscriptions, self)
        billable = cycles._hold()
        self._record_held(cycles - billable)
        self._record_changes(previewed)
        self._invoice(billable)
        held = (cycles - billable).subscription_id
        self._schedule_corrections(subscriptions - held)

    def _schedule_corrections(self, subscriptions):
        """Set when the history of what is billed now is looked at again."""
        due = subscriptions.filtered(
            lambda sub: (
                sub.next_correction_date and sub.next_correction_date <= self.date
            )
        )
        self.env["msp.billing.cycle"]._origins(due, self)._settle()
        new = subscriptions.filtered(lambda sub: not sub.next_correction_date)
        (due | new)._schedule_correction(self.date)

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
