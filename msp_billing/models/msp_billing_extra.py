from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

from odoo import models

from ..engine.money import ZERO, round_digits, to_decimal
from ..engine.rating import RatedLine, Terms, amount_of
from ..tools.rows import insert_rows


class MspBillingCycle(models.Model):
    """Extra charges: with the next bill, of ended subscriptions with corrections."""

    _inherit = "msp.billing.cycle"

    # === BUSINESS METHODS === #
    def _extra_charges(self):
        """Return the extra charges for the first of these cycles of a subscription."""
        first = {}
        for cycle in self.sorted("date_start"):
            first.setdefault(cycle.subscription_id, cycle)
        extras = defaultdict(list)
        for extra in self.subscription_id.extra_charge_ids.sorted("date"):
            cycle = first[extra.subscription_id]
            if not extra.is_billed and extra.date <= cycle.run_id.date:
                extras[cycle].append(extra)
        return extras

    def _prepare_extra_charges(self, extras, terms):
        vals_list = []
        for extra in extras:
            quantity = round_digits(to_decimal(extra.quantity), terms.quantity_digits)
            unit_price = to_decimal(extra.unit_price)
            amount = amount_of(quantity, unit_price, Decimal(0), terms.currency_step)
            line = RatedLine(quantity, unit_price, Decimal(0), amount, None, unit_price)
            vals_list.append(
                {
                    **self._prepare_charge(line),
                    "kind": "extra",
                    "extra_charge_id": extra.id,
                    "product_id": (
                        extra.product_id
                        or self.plan_id.product_id
                        or self.company_id.msp_product_id
                    ).id,
                    "name": extra.name,
                }
            )
        return vals_list

    def _charge_last_extras(self):
        """Charge what no regular cycle of an ended subscription can take any more."""
        over = self.filtered(lambda cycle: not cycle.subscription_id.next_bill_date)
        extras = over._extra_charges()
        vals_list = []
        for cycle, own in extras.items():
            vals = cycle._prepare_extra_charges(own, cycle._terms_without_days())
            sequence = len(cycle.charge_ids)
            vals_list += [
                {**charge, "sequence": sequence + number}
                for number, charge in enumerate(vals, 1)
            ]
        insert_rows(self.env["msp.charge"], vals_list)

    def _terms_without_days(self):
        """Return the engine's terms of a correction: it serves no days itself."""
        self.ensure_one()
        return Terms(
            cycle_months=0,
            factor=Fraction(1),
            discount=ZERO,
            quantity_digits=self.env["decimal.precision"].precision_get("Product Unit"),
            currency_step=to_decimal(self.currency_id.rounding),
        )
