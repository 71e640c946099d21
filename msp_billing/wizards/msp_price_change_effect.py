from dataclasses import replace
from fractions import Fraction

from odoo import api, fields, models

from ..engine.money import to_decimal

WEEKS_PER_MONTH = Fraction(52, 12)


class MspPriceChangeEffect(models.TransientModel):
    """One subscription, before and after: its next full cycle as it would be billed."""

    _name = "msp.price.change.effect"
    _description = "Effect of a Price Change"
    _order = "state, difference desc, id"

    # === FIELDS === #
    wizard_id = fields.Many2one(
        comodel_name="msp.price.change", required=True, index=True, ondelete="cascade"
    )
    subscription_id = fields.Many2one(comodel_name="msp.subscription", required=True)
    partner_id = fields.Many2one(related="subscription_id.partner_id")
    plan_id = fields.Many2one(related="subscription_id.plan_id")
    billing_cycle = fields.Selection(related="subscription_id.billing_cycle")
    currency_id = fields.Many2one(related="subscription_id.currency_id")
    state = fields.Selection(
        selection=[
            ("changes", "Changes"),
            ("same", "Same amount"),
            ("own", "Own price agreed"),
            ("ended", "Ends before"),
        ],
        string="Effect",
        required=True,
    )
    date = fields.Date(
        string="First Cycle From",
        help="First day of the first billing cycle with the new prices.",
    )
    computer_count = fields.Integer(string="Computers")
    old_amount = fields.Monetary(
        string="Cycle Today", help="A full cycle with the computers of today."
    )
    new_amount = fields.Monetary(string="Cycle After")
    difference = fields.Monetary()
    percent = fields.Float()
    monthly_before = fields.Monetary(string="Per Month Today")
    monthly_after = fields.Monetary(string="Per Month After")


class MspPriceChange(models.TransientModel):
    """What a price change does to the bills of each customer."""

    _inherit = "msp.price.change"

    # === BUSINESS METHODS === #
    def _prepare_effects(self, changes):
        """Return the values of the effects on every subscription of the plans.

        Counted are the computers of today, priced is a full cycle by what rates bills.

        :param list changes: as ``_find_changes`` gives them
        """
        subscriptions = self.env["msp.subscription"].search(
            [
                ("plan_id", "in", [vals["plan_id"] for vals in changes]),
                "|",
                ("date_end", "=", False),
                ("date_end", ">", self.date),
            ]
        )
        cycles, prices = {}, {}
        for subscription in subscriptions:
            cycle = self._first_cycle(subscription)
            if cycle:
                cycles[subscription] = cycle
                prices[cycle] = cycle._prices()
        every = self.env["msp.billing.cycle"].concat(*cycles.values())
        today = self.company_id._msp_today()
        usages = self.env["msp.usage"]._measure_on(every, prices, today)
        counts = self.env["msp.usage"]._count_on(subscriptions, today)
        after = self._amounts_after(changes)
        return [
            {
                "subscription_id": subscription.id,
                "computer_count": counts.get(subscription.id, 0),
                **self._prepare_effect(cycles.get(subscription), prices, usages, after),
            }
            for subscription in subscriptions
        ]

    def _first_cycle(self, subscription):
        """Return the first cycle not billed that begins on the day or later, new."""
        calendar = subscription._calendar()
        cycle = calendar.cycle_from(subscription.billed_until)
        while cycle and cycle.span.start < self.date:
            cycle = calendar.cycle_from(cycle.span.end)
        return cycle and self.env["msp.billing.cycle"].new(
            {
                "subscription_id": subscription.id,
                "date_start": cycle.span.start,
                "date_end": cycle.span.end,
            },
            ref=subscription.id,
        )

    @api.model
    def _amounts_after(self, changes):
        """Return the new amounts: by price, by tier, and the minimum by plan."""
        after = {}
        for vals in changes:
            new = to_decimal(vals["new_price"])
            if vals["tier_id"]:
                after["tier", vals["tier_id"]] = new
                after["price", vals["price_id"]] = None
            elif vals["price_id"]:
                after["price", vals["price_id"]] = new
            else:
                after["minimum", vals["plan_id"]] = new
        return after

    def _prepare_effect(self, cycle, prices, usages, after):
        if not cycle:
            return {"state": "ended"}
        terms = replace(cycle._terms(), factor=Fraction(1))
        changed = [price for price in prices[cycle] if ("price", price.id) in after]
        own = [price for price in changed if _has_own_price(cycle, price)]
        minimum = to_decimal(cycle.plan_id._minimum_on(cycle.date_start))
        new_minimum = after.get(("minimum", cycle.plan_id.id), minimum)
        engine = {price: cycle._engine_price(price) for price in prices[cycle]}
        old = cycle._amount_at(engine, usages, terms, minimum)
        engine.update(
            {
                price: self._engine_after(price, engine[price], after)
                for price in changed
                if price not in own
            }
        )
        new = cycle._amount_at(engine, usages, terms, new_minimum)
        state = "changes" if old != new else "same"
        if old == new and own and len(own) == len(changed):
            state = "own"
        months = Fraction(terms.cycle_months or 1)
        if not terms.cycle_months:
            months /= WEEKS_PER_MONTH
        return {
            "state": state,
            "date": cycle.date_start,
            "old_amount": float(old),
            "new_amount": float(new),
            "difference": float(new - old),
            "percent": float((new - old) / old) if old else 0.0,
            "monthly_before": float(Fraction(old) / months),
            "monthly_after": float(Fraction(new) / months),
        }

    @api.model
    def _engine_after(self, price, agreed, after):
        """Return the engine's price with the new amounts in it."""
        if not agreed.tiers:
            return replace(agreed, unit_price=after["price", price.id])
        tiers = zip(price._own_prices(), agreed.tiers, strict=True)
        return replace(
            agreed,
            tiers=tuple(
                replace(tier, unit_price=after.get(("tier", row.id), tier.unit_price))
                for row, tier in tiers
            ),
        )


def _has_own_price(cycle, price):
    """Say whether a unit price of its own is agreed with the customer."""
    override = cycle._override(price)
    return bool(override and override.has_unit_price)
