from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.memo import remembering
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
        return self.env["msp.subscription"].search(
            self._due_run_domain(), order="bill_to_id, id"
        )

    def _due_run_domain(self):
        """Return the domain of what is due on the run's date for its customers."""
        self.ensure_one()
        return self._due_domain(self.company_id, self.date) + self._customer_domain()

    def _customer_domain(self):
        """Return the domain of the subscriptions of the run's customers."""
        if not self.partner_ids:
            return []
        return [
            "|",
            ("partner_id", "child_of", self.partner_ids.ids),
            ("bill_to_id", "child_of", self.partner_ids.ids),
        ]

    def _remaining_domain(self):
        """Return the domain of what this run has not tried yet."""
        tried = self.env["msp.bill.run.issue"]._search(
            [
                ("run_id", "=", self.id),
                ("kind", "in", ("held", "failed")),
                ("subscription_id", "!=", False),
            ]
        )
        domain = self._due_run_domain()
        domain.append(("id", "not in", tried.subselect("subscription_id")))
        if self.automatic:
            parked = self.env["msp.billing.cycle"]._search(
                [
                    ("company_id", "=", self.company_id.id),
                    ("state", "=", "failed"),
                    "|",
                    ("attempts", ">=", MAX_ATTEMPTS),
                    ("next_try", ">", fields.Datetime.now()),
                ]
            )
            domain.append(("id", "not in", parked.subselect("subscription_id")))
        return domain

    def _preview(self, subscriptions):
        """Make, count and rate the due cycles, and say what would be held."""
        self.ensure_one()
        subscriptions = remembering(subscriptions)
        Cycle = subscriptions.env["msp.billing.cycle"]
        cycles = Cycle._open(subscriptions, self)
        cycles._rate()
        cycles |= Cycle._correct(subscriptions, self)
        billable = cycles._hold()
        self._record_held(cycles - billable)
        builder = self._builder()
        builder._warm(billable)
        groups = builder._group(billable)
        totals = [builder._totals(group, self.date) for group in groups]
        billable._store_untaxed(totals, {})

    def _record_held(self, cycles):
        self.env["msp.bill.run.issue"].create(
            [self._prepare_issue("held", cycle, cycle.reason) for cycle in cycles]
        )

    def _record_issue(self, kind, cycle, message):
        return self.env["msp.bill.run.issue"].create(
            self._prepare_issue(kind, cycle, message)
        )

    def _prepare_issue(self, kind, cycle, message):
        return {
            "run_id": self.id,
            "kind": kind,
            "cycle_id": cycle.id,
            "subscription_id": cycle.subscription_id.id,
            "message": message,
        }

    # === WORK === #
    def _claim(self, tried):
        """Lock and return due subscriptions, whole bill-to customers at a time.

        Customers whom other workers hold are passed over.
        """
        Subscription = self.env["msp.subscription"]
        left = self._untried_domain(tried)
        payers = [0]
        while payers := self._next_payers(left, payers[-1]):
            wanted = Subscription.search([*left, ("bill_to_id", "in", payers)])
            if locked := wanted._lock_whole():
                return locked
        return Subscription

    def _untried_domain(self, tried):
        """Return the domain of what is left beside what this worker tried.

        :param set tried: ids of subscriptions
        """
        return [*self._remaining_domain(), ("id", "not in", list(tried))]

    def _next_payers(self, domain, after):
        """Return the ids of the next bill-to customers of a batch, in their order."""
        query = self.env["msp.subscription"]._search(domain)
        rows = self.env.execute_query(
            SQL(
                "SELECT bill_to_id FROM msp_subscription WHERE id IN %s "
                "AND bill_to_id > %s GROUP BY bill_to_id ORDER BY bill_to_id LIMIT %s",
                query.subselect(),
                after,
                BATCH_SIZE,
            )
        )
        return [row[0] for row in rows]

    def _bill(self, subscriptions):
        """Count, rate, invoice and post what is due. One transaction, no commit."""
        self.ensure_one()
        if not self.company_id._msp_sales_journal().active:
            raise StopRun(
                self.env._(
                    "Company %(company)s has no active sales journal. Choose one in "
                    "the settings of MSP Billing.",
                    company=self.company_id.name,
                )
            )
        subscriptions = remembering(subscriptions)
        Cycle = subscriptions.env["msp.billing.cycle"]
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
        self.env["msp.billing.cycle"]._settle(due, self)
        new = subscriptions.filtered(lambda sub: not sub.next_correction_date)
        (due | new)._schedule_correction(self.date)
