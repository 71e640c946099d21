import json
from dataclasses import asdict, replace
from fractions import Fraction

from odoo import models

from ..engine.cycle import MONTHS
from ..engine.money import round_digits, to_decimal
from ..engine.rating import Terms, minimum_charge, rate
from ..tools.memo import remembered
from ..tools.rows import insert_rows


class MspBillingCycle(models.Model):
    """From the days of a cycle to its charges, with their evidence."""

    _inherit = "msp.billing.cycle"

    # === BUSINESS METHODS === #
    def _rate(self):
        """Count and rate these cycles: charges, evidence, amounts, fingerprint.

        What a preview stored is made anew. Nothing is billed here.
        """
        self._clear()
        prices = {cycle: cycle._prices() for cycle in self}
        usages = self.env["msp.usage"]._measure(self, prices)
        sites = self.env["msp.usage"]._sites_now(self)
        extras = self._extra_charges()
        vals_list, rated = [], {}
        for cycle in self:
            terms = cycle._terms()
            agreed = cycle._agreed_counts(prices[cycle], usages)
            vals = cycle._prepare_price_charges(agreed, usages, terms)
            vals += cycle._prepare_minimum_charge(vals, terms)
            vals += cycle._prepare_extra_charges(extras.get(cycle, ()), terms)
            vals_list += [
                {**charge, "sequence": sequence}
                for sequence, charge in enumerate(vals, 1)
            ]
            rated[cycle] = {
                "terms": cycle._terms_json(agreed, usages, terms),
                "sites": sites[cycle],
            }
        charges = insert_rows(self.env["msp.charge"], vals_list)
        by_price = charges.filtered("price_id").grouped(
            lambda charge: (charge.cycle_id.id, charge.price_id.id)
        )
        self.env["msp.usage"]._store_evidence(self, prices, by_price, usages)
        self._store_results(rated)

    def _prices(self):
        """Return the prices that rate this cycle: in force on its first day."""
        self.ensure_one()
        plan, day = self.plan_id, self.date_start
        return remembered(
            self.env,
            ("prices", plan.id, day),
            lambda: (
                plan.sudo()
                .price_ids._in_force(day)
                .sorted(lambda price: (price.sequence, price.id))
            ),
        )

    def _terms(self):
        """Return the engine's terms of this cycle."""
        self.ensure_one()
        subscription = self.subscription_id
        prorated = subscription.proration == "daily"
        return Terms(
            cycle_months=MONTHS[subscription.billing_cycle],
            factor=self._engine_cycle().factor if prorated else Fraction(1),
            discount=to_decimal(subscription.discount),
            quantity_digits=self.env["decimal.precision"].precision_get("Product Unit"),
            currency_step=to_decimal(self.currency_id.rounding),
        )

    def _override(self, price):
        """Return the agreed exception for a price, or for the one that it replaces."""
        overrides = {
            override.price_id: override
            for override in self.subscription_id.price_override_ids
        }
        while price and price not in overrides:
            price = price.replaces_id
        return overrides.get(price)

    def _engine_price(self, price):
        """Return the engine's price with what was agreed with the customer."""
        agreed = price._to_engine(self._override(price))
        minimum = self.subscription_id.minimum_quantity
        if minimum and price.price_model != "flat":
            override = self._override(price)
            if not (override and override.has_minimum_quantity):
                agreed = replace(agreed, minimum=to_decimal(minimum))
        return agreed

    def _agreed_price(self, price):
        """Return the engine's price of this cycle, and the same as JSON values."""

        def agree():
            agreed = self._engine_price(price)
            return agreed, _as_json(agreed)

        override = self._override(price)
        minimum = self.subscription_id.minimum_quantity
        key = ("agreed", price.id, override and override.id, minimum)
        return remembered(self.env, key, agree)

    def _agreed_counts(self, prices, usages):
        """Return rows (price, engine price, the same as JSON, count) of this cycle."""
        return [
            (price, *self._agreed_price(price), self._count(price, usages))
            for price in prices
        ]

    def _contracted(self, price):
        """Return the agreed quantity for a price, or None."""
        override = self._override(price)
        if override and override.has_contracted_quantity:
            return to_decimal(override.contracted_quantity)
        if self.subscription_id.contracted_quantity:
            return to_decimal(self.subscription_id.contracted_quantity)
        return None

    def _is_contracted(self, price):
        return price.price_model != "flat" and (
            price.usage_basis == "contracted"
            or self.subscription_id.count_source == "contracted"
        )

    def _count(self, price, usages):
        """Return the usage of a price in this cycle as an exact fraction."""
        if price.price_model == "flat":
            return Fraction(1)
        if self._is_contracted(price):
            return Fraction(self._contracted(price) or 0)
        return usages[self.id, price.id].quantity(price.usage_basis)

    def _amount_at(self, engine_prices, usages, terms, minimum):
        """Return what this cycle costs: its charges, and what lacks to the minimum.

        :param dict engine_prices: ``msp.service.plan.price`` -> the engine's price
        :param Decimal minimum: per month; 0: none
        :rtype: Decimal
        """
        self.ensure_one()
        amounts = [
            line.amount
            for price, agreed in engine_prices.items()
            for line in rate(agreed, self._count(price, usages), terms)
        ]
        lacking = minimum_charge(minimum, terms, amounts) if minimum else None
        return sum(amounts, lacking.amount if lacking else to_decimal(0.0))

    # === CHARGES === #
    def _prepare_price_charges(self, agreed, usages, terms):
        """Return the values of the recurring charges, one per price and tier.

        :param list agreed: see ``_agreed_counts``
        """
        translated = self._in_customer_lang()
        shared = self._prepare_owned()
        vals_list = []
        for price, engine_price, _json, count in agreed:
            lines = self._rated(engine_price, count, terms)
            vals_list += [
                {
                    **shared,
                    **_line_values(line),
                    "kind": "recurring",
                    "price_id": price.id,
                    "product_id": self._product_of(price).id,
                    "counted": float(round_digits(count, terms.quantity_digits)),
                    "name": translated._charge_text(
                        price.with_env(translated.env).sudo(),
                        usages.get((self.id, price.id)),
                        line,
                    ),
                }
                for line in lines
            ]
        return vals_list

    def _product_of(self, price):
        """Return the product of a price, looked up once for a batch."""
        return remembered(self.env, ("product", price.id), price._get_product)

    def _rated(self, price, count, terms):
        """Return the lines of the engine, for prices, counts and terms met before."""
        return remembered(
            self.env,
            ("rated", price, count, terms),
            lambda: rate(price, count, terms),
        )

    def _prepare_minimum_charge(self, vals_list, terms):
        minimum = self.plan_id._minimum_on(self.date_start)
        if not minimum:
            return []
        line = minimum_charge(
            to_decimal(minimum),
            terms,
            [to_decimal(vals["amount"]) for vals in vals_list],
        )
        if not line:
            return []
        translated = self.with_context(lang=self._customer_lang())
        return [
            {
                **self._prepare_charge(line),
                "kind": "minimum",
                "product_id": (
                    self.plan_id.product_id or self.company_id.msp_product_id
                ).id,
                "name": translated.env._(
                    "Minimum of %(plan)s, %(period)s",
                    plan=translated.plan_id.name,
                    period=translated._format_period(),
                ),
            }
        ]

    def _prepare_charge(self, line):
        return {**self._prepare_owned(), **_line_values(line)}

    def _prepare_owned(self):
        """Return what the charges of this cycle have from it."""
        return {
            "cycle_id": self.id,
            "subscription_id": self.subscription_id.id,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
        }


def _line_values(line):
    """Return the values of a charge that the engine's line gives."""
    return {
        "tier": -1 if line.tier is None else line.tier,
        "quantity": float(line.quantity),
        "unit_price": float(line.unit_price),
        "full_unit_price": float(line.full_unit_price),
        "discount": float(line.discount),
        "amount": float(line.amount),
    }


def _as_json(price):
    """Return an engine price as JSON values: numbers as exact text."""
    return json.loads(json.dumps(asdict(price), default=str))
