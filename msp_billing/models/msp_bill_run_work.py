from odoo import api, fields, models

from .msp_bill_run_failure import StopRun

BATCH_SIZE = 100
MAX_ATTEMPTS = 3


class MspBillRun(models.Model):
    """The work of a run, in batches of customers, a transaction each."""

    _inherit = "msp.bill.run"

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

    def _preview(self, subscriptions):
        """Make, count and rate the due cycles, and say what would be held."""
        self.ensure_one()
        Cycle = self.env["msp.billing.cycle"]
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
                previewed[cycle] = self._remember_preview(cycle)
        cycles._rate()
        cycles |= Cycle._correct(subscriptions, self)
        billable = cycles._hold()
        self._record_held(cycles - billable)
        held = (cycles - billable).subscription_id
        held._touch()
        self._record_changes(previewed)
        self._invoice(billable)
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
