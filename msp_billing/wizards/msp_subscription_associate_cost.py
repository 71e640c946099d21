from dataclasses import replace
from fractions import Fraction

from odoo import api, fields, models

from ..engine.errors import EngineError
from ..engine.money import to_decimal
from .msp_subscription_associate import TERMS

NEEDED = ("plan_id", "company_id", "date_start", "billing_cycle", "count_source")


class MspSubscriptionAssociateLine(models.TransientModel):
    """What the plan would cost a customer, before anything is agreed."""

    _inherit = "msp.subscription.associate.line"

    # === FIELDS === #
    currency_id = fields.Many2one(related="wizard_id.plan_id.currency_id")
    amount = fields.Monetary(
        string="Full Cycle",
        compute="_compute_amount",
        help="What a full billing cycle costs with the computers of today, before "
        "taxes.",
    )

    # === COMPUTE METHODS === #
    @api.depends("partner_id", "wizard_id.plan_id", *(f"wizard_id.{x}" for x in TERMS))
    def _compute_amount(self):
        for wizard, lines in self.grouped("wizard_id").items():
            known = lines.filtered("partner_id")
            complete = all(wizard[name] for name in NEEDED)
            amounts = known._full_amounts() if complete else {}
            for line in lines:
                line.amount = amounts.get(line, 0.0)

    # === BUSINESS METHODS === #
    def _full_amounts(self):
        """Return what a full cycle costs, by line; not where the terms are wrong.

        It is rated by what rates the bills. Nothing is stored.

        :rtype: dict
        """
        made = {line: line._new_cycle() for line in self}
        cycles = {line: cycle for line, cycle in made.items() if cycle}
        every = self.env["msp.billing.cycle"].concat(*cycles.values())
        prices = {cycle: cycle._prices() for cycle in every}
        today = self.wizard_id.company_id._msp_today()
        usages = self.env["msp.usage"]._measure_on(every, prices, today)
        amounts = {}
        for line, cycle in cycles.items():
            minimum = to_decimal(cycle.plan_id._minimum_on(cycle.date_start))
            agreed = {price: cycle._engine_price(price) for price in prices[cycle]}
            try:
                terms = replace(cycle._terms(), factor=Fraction(1))
                amount = cycle._amount_at(agreed, usages, terms, minimum)
            except EngineError:
                # What is wrong is named when the plan is associated.
                continue
            amounts[line] = float(amount)
        return amounts

    def _new_cycle(self):
        """Return the first cycle of the subscription that would be made, or None."""
        # With ids of their own: the cache still has what was asked for before.
        subscription = self.env["msp.subscription"].new(
            self.wizard_id._prepare_subscription(self.partner_id), ref=object()
        )
        try:
            cycle = subscription._calendar().cycle_from(subscription.date_start)
        except EngineError:
            # What is wrong is named when the plan is associated.
            return None
        return cycle and self.env["msp.billing.cycle"].new(
            {
                "subscription_id": subscription.id,
                "date_start": cycle.span.start,
                "date_end": cycle.span.end,
            },
            ref=object(),
        )
