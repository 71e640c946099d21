from datetime import timedelta

from odoo import api, fields, models

from ..engine.cycle import MONTHS

WEEKS_PER_MONTH = 52 / 12
# What the statement is told of each price.
COSTS = ("cost_company", "cost_plan", "cost_price", "cost_cyclic", "cost_rate", "cost")


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
        columns = zip(*costs, strict=True) if costs else [()] * len(COSTS)
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
            **dict(zip(COSTS, map(list, columns), strict=True)),
        }

    @api.model
    def _costs(self, company):
        """Return what a computer costs in the plans of a company today.

        :return: a row of ``COSTS`` for each price in force; the cost is None where the
            tiers tell it, the rate is that into the company's currency
        :rtype: list[tuple]
        """
        today = company._msp_today()
        live = self.env["msp.subscription"]._live_domain(today)
        Price = self.env["msp.service.plan.price"].sudo()
        prices = Price.with_context(active_test=False).search_fetch(
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
        return [
            (
                company.id,
                price.plan_id.id,
                price.id,
                price.price_period == "cycle",
                rates[price.plan_id.currency_id],
                price._cost_of_one(),
            )
            for price in prices._in_force(today, prices)
        ]


class MspServicePlanPrice(models.Model):
    """What one computer more costs, without knowing how many there are."""

    _inherit = "msp.service.plan.price"

    # === BUSINESS METHODS === #
    def _cost_of_one(self):
        """Return the price of one computer, 0 where their number changes nothing.

        Of a package it is its part. With tiers it is None: the lowest of them that is
        not free, which the statement finds.
        """
        self.ensure_one()
        if self.price_model == "flat" or self.usage_basis == "contracted":
            return 0.0
        if self.price_model == "package":
            return self.unit_price / (self.package_size or 1)
        if self.price_model in ("volume", "graduated"):
            return None
        return self.unit_price
