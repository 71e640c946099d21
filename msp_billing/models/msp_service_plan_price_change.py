from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import format_date, formatLang


class MspServicePlan(models.Model):
    """What the form says of a price that does not rate yet."""

    _inherit = "msp.service.plan"

    # === COMPUTE METHODS === #
    @api.depends("price_ids.date_from", "price_ids.replaces_id")
    def _compute_cost_note(self):
        """Say when the simple price is one that begins later, and what rates today."""
        for plan in self:
            price, old = plan._simple_price(), None
            today = (plan.company_id or self.env.company)._msp_today()
            if price and price.date_from and price.date_from > today:
                old = plan.price_ids._in_force(today)[:1]
            plan.cost_note = old and self.env._(
                "From %(date)s on. %(price)s until then.",
                date=format_date(self.env, price.date_from),
                price=old._format_amount(),
            )


class MspServicePlanPrice(models.Model):
    """From one price to the next."""

    _inherit = "msp.service.plan.price"

    # === FIELDS === #
    amount_text = fields.Char(string="New", compute="_compute_amount_text")
    amount_before = fields.Char(string="Before", compute="_compute_amount_text")

    # === COMPUTE METHODS === #
    @api.depends("unit_price", "tier_ids.unit_price", "price_model", "replaces_id")
    def _compute_amount_text(self):
        for price in self:
            price.amount_text = price._format_amount()
            price.amount_before = (
                price.replaces_id and price.replaces_id._format_amount()
            )

    # === BUSINESS METHODS === #
    def _format_amount(self):
        """Return the unit price as people write it, or those of the tiers."""
        self.ensure_one()
        return " / ".join(
            self._format_price(holder.unit_price)
            for holder in self._own_prices() or [self]
        )

    def _format_price(self, amount):
        """Return an amount with all the decimals that it has, at least the usual."""
        text = f"{amount:.6f}".rstrip("0")
        decimals = len(text) - text.index(".") - 1
        currency = self.currency_id or self.env.company.currency_id
        digits = max(decimals, currency.decimal_places)
        return formatLang(self.env, amount, digits=digits, currency_obj=currency)

    def _own_prices(self):
        """Return the tiers that hold the price, or nothing when it is one price."""
        self.ensure_one()
        if self.price_model in ("volume", "graduated"):
            return self.tier_ids.sorted("from_quantity")
        return self.tier_ids.browse()

    def _change_from(self, day, unit_price, tiers):
        """Let other amounts hold from a day on, and return the price that has them.

        A new price replaces this one: cycles that begin before the day keep it. Only
        one that begins on that very day, and is on no bill, is edited.

        :param float unit_price: the new unit price, or of the first tier
        :param dict tiers: the new unit price by tier, empty when there are none
        """
        self.ensure_one()
        if self.date_from == day and not self.is_used:
            for tier, amount in tiers.items():
                tier.unit_price = amount
            if not tiers:
                self.unit_price = unit_price
            return self
        values = {
            "plan_id": self.plan_id.id,
            "date_from": day,
            "replaces_id": self.id,
        }
        if tiers:
            values["tier_ids"] = [
                Command.create(
                    {"from_quantity": tier.from_quantity, "unit_price": amount}
                )
                for tier, amount in tiers.items()
            ]
        else:
            values["unit_price"] = unit_price
        return self.copy(values)
