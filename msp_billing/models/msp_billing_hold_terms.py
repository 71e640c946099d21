from odoo import models

from ..tools import hold_sql


class MspBillingCycle(models.Model):
    """Held for what was agreed: prices, quantities, and what is archived."""

    _inherit = "msp.billing.cycle"

    # === BUSINESS METHODS === #
    def _held_by(self, query, **parameters):
        """Return the rows of a query about these cycles; see ``tools.hold_sql``."""
        if not self:
            return []
        self.env.flush_all()
        self.env.cr.execute(query, {"cycles": list(self.ids), **parameters})
        return self.env.cr.fetchall()

    def _archived_of(self, product):
        """Return what is archived of a product: it or its taxes; or nothing.

        Lines would be without tax and without a word. An archived tax beside another
        one was replaced: Odoo keeps it on the product, where nobody sees it.

        :param product: with its archived taxes
        """
        if not product.active:
            return product
        taxes = product.taxes_id._filter_taxes_by_company(self.company_id)
        return None if any(taxes.mapped("active")) else taxes[:1]

    # === CHECKS === #
    def _hold_prices(self):
        held = {}
        for (cycle_id,) in self._held_by(hold_sql.UNPRICED):
            cycle = self.browse(cycle_id)
            held[cycle] = (
                "no_price",
                self.env._(
                    "Plan %(plan)s has no price in force on %(day)s. Add one that "
                    "begins on or before that day.",
                    plan=cycle.plan_id.display_name,
                    day=self._format_day(cycle.date_start),
                ),
            )
        return held

    def _hold_quantities(self):
        held = {}
        for cycle_id, price_id in self._held_by(hold_sql.AGREED):
            cycle = self.browse(cycle_id)
            price = self.env["msp.service.plan.price"].browse(price_id)
            if cycle._contracted(price) is None:
                held[cycle] = (
                    "no_quantity",
                    self.env._(
                        "Price %(price)s is charged by agreed quantity, and none is "
                        "agreed. Enter it on the subscription.",
                        price=price.name,
                    ),
                )
        return held

    def _hold_archived(self):
        products = self.charge_ids.product_id.with_context(active_test=False)
        gone = {
            product: record
            for product in products
            if (record := self._archived_of(product))
        }
        payers = self.subscription_id.bill_to_id | self.partner_id
        away = payers.filtered(lambda partner: not partner.active)
        if not gone and not away:
            return {}
        held = {}
        for cycle in self:
            found = [
                *(cycle.subscription_id.bill_to_id | cycle.partner_id) & away,
                *(gone[p] for p in cycle.charge_ids.product_id if p in gone),
            ]
            if found:
                held[cycle] = (
                    "archived",
                    self.env._(
                        "%(record)s is archived. Restore it, or replace it.",
                        record=found[0].display_name,
                    ),
                )
        return held

    def _hold_products(self):
        bare = self.charge_ids.filtered(lambda charge: not charge.product_id)
        text = self.env._(
            "No service product gives the income account and the taxes. Choose one on "
            "the plan or in the settings of MSP Billing."
        )
        return dict.fromkeys(bare.cycle_id, ("no_product", text))
