from dataclasses import replace

from odoo import api, models
from odoo.tools import SQL

from ..engine.span import Span
from ..tools.memo import remembered
from ..tools.rows import insert_rows


class MspBillingCycle(models.Model):
    """Opening the cycles that are due, and discarding those that no longer are."""

    _inherit = "msp.billing.cycle"

    # === BUSINESS METHODS === #
    def _discard(self):
        """Delete cycles that are not billed, with their charges and evidence."""
        self._clear()
        return self.unlink()

    def _clear(self):
        """Delete the charges and the evidence of cycles that are not billed."""
        self._refuse_frozen()
        self.env.flush_all()
        for table in ("msp_charge_computer", "msp_charge"):
            self.env.cr.execute(
                SQL(
                    "DELETE FROM %s WHERE cycle_id = ANY(%s)",
                    SQL.identifier(table),
                    list(self.ids),
                )
            )
        self.env["msp.charge"].invalidate_model()
        self.env["msp.charge.computer"].invalidate_model()
        self.invalidate_recordset(["charge_ids", "evidence_ids"])

    def _release_from_run(self):
        """Take cycles that are not billed out of a run that is previewed anew."""
        self.filtered(lambda cycle: cycle.state in ("due", "held", "failed")).write(
            {"run_id": False}
        )

    @api.model
    def _open(self, subscriptions, run):
        """Return the due cycles of subscriptions for a run, made where they miss.

        Cycles that no longer fit the subscription (its end moved) are deleted first:
        the database would refuse the new ones.
        """
        existing = self.search(
            [
                ("subscription_id", "in", subscriptions.ids),
                ("kind", "=", "regular"),
                ("state", "in", ("due", "held", "failed")),
            ]
        ).grouped("subscription_id")
        keep, stale, missing = self.browse(), self.browse(), []
        for subscription, spans in subscriptions._due_spans(run.date).items():
            open_cycles = {
                (cycle.date_start, cycle.date_end): cycle
                for cycle in existing.get(subscription, self.browse())
            }
            for due in spans:
                cycle = open_cycles.pop((due.span.start, due.span.end), None)
                if cycle:
                    keep |= cycle
                else:
                    missing.append(self._prepare_cycle(subscription, due, run))
            for cycle in open_cycles.values():
                stale |= cycle
        if stale:
            stale._discard()
        self.env.flush_all()
        keep.filtered(lambda cycle: cycle.run_id != run).write({"run_id": run.id})
        cycles = keep | insert_rows(self, missing)
        return cycles.sorted(lambda cycle: (cycle.subscription_id.id, cycle.date_start))

    @api.model
    def _prepare_owner(self, subscription, run):
        """Return what a new cycle has from its subscription and its run."""
        return {
            "subscription_id": subscription.id,
            "company_id": subscription.company_id.id,
            "partner_id": subscription.partner_id.id,
            "plan_id": subscription.plan_id.id,
            "currency_id": subscription.currency_id.id,
            "run_id": run.id,
            "state": "due",
        }

    @api.model
    def _prepare_cycle(self, subscription, due, run):
        return {
            **self._prepare_owner(subscription, run),
            "kind": "regular",
            "date_start": due.span.start,
            "date_end": due.span.end,
            "full_start": due.full.start,
            "full_end": due.full.end,
        }

    def _engine_cycle(self):
        """Return the engine's cycle (own days, full cycle, months)."""
        self.ensure_one()
        calendar, start = self.subscription_id._calendar(), self.date_start
        cycle = remembered(
            self.env, ("cycle", calendar, start), lambda: calendar.cycle_from(start)
        )
        return replace(cycle, span=Span(start, self.date_end))
