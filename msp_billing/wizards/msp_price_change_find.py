from odoo import models
from odoo.exceptions import UserError

from ..engine.errors import EngineError
from ..engine.money import ZERO, to_decimal
from ..engine.price_change import PriceChange


class MspPriceChange(models.TransientModel):
    """Which prices change, to what, and what forbids it."""

    _inherit = "msp.price.change"

    # === BUSINESS METHODS === #
    def _find_changes(self):
        """Return the values of the lines: every price that becomes another one.

        :rtype: list[dict]
        :raises UserError: naming what cannot be changed
        """
        self.ensure_one()
        self._check_plans()
        rule = self._rule(self.value)
        changes = []
        for plan in self.plan_ids:
            prices = self._chosen_prices(plan)
            for price in prices:
                self._check_price(price)
                changes += self._price_changes(price, rule)
            if self.change_minimum:
                changes += self._minimum_changes(plan)
        changes = [vals for vals in changes if vals["old_price"] != vals["new_price"]]
        if not changes:
            raise UserError(
                self.env._(
                    "%(plans)s: every price stays as it is. Enter by how much, or to "
                    "what, the prices change.",
                    plans=", ".join(self.plan_ids.mapped("display_name")),
                )
            )
        for plan in {vals["plan_id"] for vals in changes}:
            self._check_billed(self.env["msp.service.plan"].browse(plan))
        return changes

    def _rule(self, value):
        """Return the engine's rule for a value that a person entered."""
        try:
            return PriceChange(
                method=self.method,
                value=to_decimal(value),
                step=to_decimal(self.rounding) if self.rounding else None,
            )
        except EngineError as error:
            raise UserError(
                self.env._(
                    "A change by %(value)s cannot be calculated: %(reason)s",
                    value=value,
                    reason=str(error),
                )
            ) from error

    def _chosen_prices(self, plan):
        """Return the prices of a plan that are to change, in force on the day."""
        in_force = plan.price_ids._in_force(self.date)
        chosen = self.price_ids.filtered(lambda price: price.plan_id == plan)
        for price in chosen - in_force:
            raise UserError(
                self.env._(
                    "Plan %(plan)s: price %(price)s is not in force on %(date)s. Take "
                    "it out, or choose a day on which it is.",
                    plan=plan.display_name,
                    price=price.name,
                    date=self.date,
                )
            )
        prices = (chosen if self.price_ids else in_force).sorted(
            lambda price: (price.sequence, price.id)
        )
        if self.type_ids:
            prices = prices.filtered(
                lambda price: (
                    price.computer_type_ids and price.computer_type_ids <= self.type_ids
                )
            )
        if not prices:
            raise UserError(self._no_price_text(plan, in_force))
        return prices

    def _no_price_text(self, plan, in_force):
        if not in_force:
            return self.env._(
                "Plan %(plan)s has no price in force on %(date)s. Give it a price, or "
                "take the plan out.",
                plan=plan.display_name,
                date=self.date,
            )
        if self.type_ids:
            return self.env._(
                "Plan %(plan)s has no price for %(types)s alone. Choose the prices "
                "themselves, or take the plan out.",
                plan=plan.display_name,
                types=", ".join(self.type_ids.mapped("display_name")),
            )
        return self.env._(
            "None of the chosen prices belongs to plan %(plan)s. Choose one of its "
            "prices, or take the plan out.",
            plan=plan.display_name,
        )

    def _price_changes(self, price, rule):
        """Return the values of the lines of one price: itself, or each tier."""
        tiers = price._own_prices()
        if tiers and self.method == "set":
            raise UserError(
                self.env._(
                    "Plan %(plan)s: price %(price)s has tiers, and %(value)s cannot be "
                    "the price of each. Change it by percent or by amount, or take it "
                    "out.",
                    plan=price.plan_id.display_name,
                    price=price.name,
                    value=self.currency_id.format(self.value),
                )
            )
        lines = []
        for holder in tiers or [price]:
            old = to_decimal(holder.unit_price)
            new = rule.apply(old)
            if new < ZERO:
                self._refuse_negative(price.plan_id, price.name, old, new)
            lines.append(
                {
                    "plan_id": price.plan_id.id,
                    "price_id": price.id,
                    "tier_id": holder.id if tiers else False,
                    "old_price": float(old),
                    "new_price": float(new),
                }
            )
        return lines

    def _minimum_changes(self, plan):
        """Return the values of the line of a plan's minimum, if it has one."""
        old = to_decimal(plan._minimum_on(self.date))
        if not old:
            return []
        value = self.value if self.method == "percent" else self.minimum_value
        new = self._rule(value).apply(old)
        if new < ZERO:
            self._refuse_negative(plan, self.env._("the minimum per month"), old, new)
        return [
            {
                "plan_id": plan.id,
                "price_id": False,
                "tier_id": False,
                "old_price": float(old),
                "new_price": plan.currency_id.round(float(new)),
            }
        ]

    # === REFUSALS === #
    def _check_plans(self):
        if not self.plan_ids:
            raise UserError(self.env._("Choose the service plans whose prices change."))
        first = self.plan_ids[0]
        for plan in self.plan_ids:
            if not plan.active:
                raise UserError(
                    self.env._(
                        "Plan %(plan)s is archived. Unarchive it, or take it out.",
                        plan=plan.display_name,
                    )
                )
            if plan.company_id != first.company_id or (
                plan.company_id not in self.env.companies
            ):
                raise UserError(
                    self.env._(
                        "Plan %(plan)s belongs to %(company)s. Change the prices of "
                        "one company at a time, working in it.",
                        plan=plan.display_name,
                        company=plan.company_id.sudo().name,
                    )
                )
            if plan.currency_id != first.currency_id:
                raise UserError(
                    self.env._(
                        "Plan %(plan)s is in %(currency)s, plan %(other)s in "
                        "%(other_currency)s. Change the prices of one currency at a "
                        "time.",
                        plan=plan.display_name,
                        currency=plan.currency_id.name,
                        other=first.display_name,
                        other_currency=first.currency_id.name,
                    )
                )

    def _check_price(self, price):
        """Refuse a price whose next one is planned, or that cannot be replaced."""
        plan = price.plan_id
        successor = plan.price_ids.filtered(lambda other: other.replaces_id == price)
        if successor:
            raise UserError(
                self.env._(
                    "Plan %(plan)s: price %(price)s becomes %(next)s on %(date)s "
                    "already. Change prices from that day or a later one, or delete "
                    "the planned price first.",
                    plan=plan.display_name,
                    price=price.name,
                    next=successor._format_summary(),
                    date=successor.date_from,
                )
            )
        if price.date_from == self.date and price.is_used:
            raise UserError(
                self.env._(
                    "Plan %(plan)s: price %(price)s of %(value)s begins on %(date)s "
                    "and is on bills. Choose a later day.",
                    plan=plan.display_name,
                    price=price.name,
                    value=price._format_summary(),
                    date=price.date_from,
                )
            )

    def _check_billed(self, plan):
        """Refuse a day from which on cycles are billed at the old price.

        A day in the past inside a billed cycle is refused too: it would look as if
        that cycle changed. A cycle billed in advance keeps its price until its end;
        the customer's next one has the new price.
        """
        domain = [
            ("plan_id", "=", plan.id),
            ("state", "=", "billed"),
            ("kind", "=", "regular"),
        ]
        reach = [("date_start", ">=", self.date)]
        if self.date < plan.company_id._msp_today():
            reach = [("date_end", ">", self.date)]
        cycle = (
            self.env["msp.billing.cycle"]
            .sudo()
            .search([*domain, *reach], order="date_end desc, id", limit=1)
        )
        if cycle:
            raise UserError(
                self.env._(
                    "Plan %(plan)s: %(customer)s is billed for %(period)s already, so "
                    "new prices cannot hold from %(date)s. Choose %(day)s or a later "
                    "day.",
                    plan=plan.display_name,
                    customer=cycle.partner_id.display_name,
                    period=cycle._format_period(),
                    date=self.date,
                    day=cycle.date_end,
                )
            )

    def _refuse_negative(self, plan, name, old, new):
        currency = plan.currency_id
        raise UserError(
            self.env._(
                "Plan %(plan)s: %(price)s of %(old)s would become %(new)s. A price "
                "cannot be below zero: lower it by less, or take it out.",
                plan=plan.display_name,
                price=name,
                old=currency.format(float(old)),
                new=currency.format(float(new)),
            )
        )
