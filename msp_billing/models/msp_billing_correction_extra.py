from fractions import Fraction

from odoo import models

from ..engine.money import ZERO, to_decimal
from ..engine.rating import Terms


class MspBillingCycle(models.Model):
    """Extra charges of ended subscriptions: they go with the corrections."""

    _inherit = "msp.billing.cycle"

    # === BUSINESS METHODS === #
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
        self.env["msp.charge"].create(vals_list)

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
