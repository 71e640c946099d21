from datetime import timedelta

from odoo import api, fields, models

from ..engine.cycle import MONTHS

WEEKS_PER_MONTH = 52 / 12


class MspLeakage(models.Model):
    """What one computer costs per month, by plan and type: few rows for any fleet."""

    _inherit = "msp.leakage"

    # === BUSINESS METHODS === #
    def _parameters(self):
        """Return the parameters of the statement, for the companies worked in.

        :rtype: dict
        """
        companies = self.env.companies.sudo()
        now = fields.Datetime.now()
        costs = [row for company in companies for row in self._costs(company)]
        return {
            "company": companies.ids,
            "day": [company._msp_today() for company in companies],
            "silent": [
                now - timedelta(days=company.msp_silent_days) for company in companies
            ],
            "currency": [company.currency_id.id for company in companies],
            "decimals": [company.currency_id.decimal_places for company in companies],
            "cycle": list(MONTHS),
            "per_month": [
                1 / months if months else WEEKS_PER_MONTH for months in MONTHS.values()
            ],
            "cost_company": [row[0] for row in costs],
            "cost_plan": [row[1] for row in costs],
            "cost_type": [row[2] for row in costs],
            "monthly": [row[3] for row in costs],
            "cyclic": [row[4] for row in costs],
        }

    @api.model
    def _costs(self, company):
        """Return what a computer costs in the plans of a company today.

        :return: (company, plan, type or None for each, price per month, price per
            cycle), a row for each price and type, in the company's currency
        :rtype: list[tuple]
        """
        today = company._msp_today()
        live = self.env["msp.subscription"]._live_domain(today)
        Price = self.env["msp.service.plan.price"].sudo()
        prices = Price.with_context(active_test=False).search(
            [
                ("company_id", "=", company.id),
                "|",
                ("plan_id.active", "=", True),
                ("plan_id.subscription_ids", "any", live),
            ]
        )
        rates = {
            currency: self.env["res.currency"]._get_conversion_rate(
                currency, company.currency_id, company, today
            )
            for currency in prices.plan_id.currency_id
        }
        rows = []
        for price in prices._in_force(today, prices):
            cost = price._cost_of_one() * rates[price.plan_id.currency_id]
            cyclic = price.price_period == "cycle"
            amounts = (0.0, cost) if cyclic else (cost, 0.0)
            rows += [
                (company.id, price.plan_id.id, type_id, *amounts)
                for type_id in price.computer_type_ids.ids or [None]
            ]
        return rows


class MspServicePlanPrice(models.Model):
    """What one computer more costs, without knowing how many there are."""

    _inherit = "msp.service.plan.price"

    # === BUSINESS METHODS === #
    def _cost_of_one(self):
        """Return the price of one computer, 0 where their number changes nothing.

        With tiers it is the lowest that is not free, and of a package its part.
        """
        self.ensure_one()
        if self.price_model == "flat" or self.usage_basis == "contracted":
            return 0.0
        if self.price_model == "package":
            return self.unit_price / (self.package_size or 1)
        if self.price_model in ("volume", "graduated"):
            paid = self.tier_ids.filtered("unit_price")
            return min(paid.mapped("unit_price"), default=0.0)
        return self.unit_price
