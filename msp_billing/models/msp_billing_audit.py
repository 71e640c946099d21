from fractions import Fraction

from odoo import api, models
from odoo.tools import SQL

from ..engine.money import round_digits, to_decimal
from ..engine.rating import rate
from ..tools.audit_sql import CHECKS


class MspBillingCycle(models.Model):
    """The invariants of the add-on, asked of the live database."""

    _inherit = "msp.billing.cycle"

    # === CRON METHODS === #
    @api.model
    def _cron_audit(self):
        """Look for findings every hour, and tell the managers about new ones."""
        self.env["msp.audit.finding"]._refresh()
        self.env["ir.cron"]._commit_progress()

    # === BUSINESS METHODS === #
    @api.model
    def _audit(self):
        """Return what contradicts the invariants; empty when all is sound.

        Anyone may run it on a live database: it reads only. The findings name the
        record by ``model`` and ``res_id``, the check by ``code``.

        :rtype: list[dict]
        """
        self.env.flush_all()
        return [
            *self._audit_constraints(),
            *self._audit_sql(),
            *self._audit_rating(),
            *(
                self._finding("mail", "msp.delivery", 0, text)
                for text in self.env["msp.delivery"].sudo()._audit()
            ),
        ]

    @api.model
    def _finding(self, code, model, res_id, message):
        return {"code": code, "model": model, "res_id": res_id, "message": message}

    @api.model
    def _audit_constraints(self):
        return [
            self._finding(
                "constraint",
                "msp.billing.cycle",
                0,
                self.env._(
                    "Constraint %(name)s is missing in the database. Create the "
                    "extension btree_gist and update MSP Billing.",
                    name=name,
                ),
            )
            for name in self._missing_constraints()
        ]

    @api.model
    def _audit_sql(self):
        """Return the findings of the checks that one SQL statement each makes."""
        texts = self._audit_texts()
        findings = []
        for code, (model, query) in CHECKS.items():
            for res_id, detail in self.env.execute_query(SQL(query)):
                findings.append(
                    self._finding(code, model, res_id, f"{texts[code]} {detail}")
                )
        return findings

    @api.model
    def _audit_texts(self):
        return {
            "overlap": self.env._("Billing cycles of a subscription overlap:"),
            "gap": self.env._(
                "Days between the start and the last billed day are on no bill:"
            ),
            "period_overlap": self.env._("Periods of a computer overlap:"),
            "subscription_overlap": self.env._(
                "Subscriptions of a plan and customer overlap:"
            ),
            "line": self.env._("A bill line differs from its charge:"),
            "no_line": self.env._("A charge of a billed cycle is on no bill line:"),
            "amount": self.env._("Quantity x unit price - discount is not the amount:"),
            "orphan_line": self.env._("A bill line of MSP Billing has no charge:"),
            "no_bill": self.env._("A billed cycle with charges has no posted bill:"),
            "sending": self.env._(
                "A delivery has been in sending for more than ten minutes:"
            ),
            "company": self.env._("Records of two companies are linked:"),
        }

    @api.model
    def _audit_rating(self):
        """Rate the stored usage of billed cycles again: it gives the stored charges."""
        findings = []
        cycles = self.search([("state", "=", "billed"), ("kind", "=", "regular")])
        for cycle in cycles.filtered("terms"):
            wrong = cycle._audit_rating_of_one()
            if wrong:
                findings.append(
                    self._finding(
                        "rating",
                        "msp.billing.cycle",
                        cycle.id,
                        self.env._(
                            "Rating the stored usage of %(cycle)s again gives other "
                            "charges for %(prices)s.",
                            cycle=cycle.display_name,
                            prices=", ".join(wrong),
                        ),
                    )
                )
        return findings

    def _audit_rating_of_one(self):
        """Return the names of the prices whose charges differ from their usage."""
        wrong = []
        terms = self._stored_terms()
        stored = self.charge_ids.filtered(lambda c: c.kind == "recurring")
        by_price = stored.grouped("price_id")
        for price in self._billed_prices():
            count = Fraction(self.terms["prices"][str(price.id)]["count"])
            rated = rate(self._stored_price(price), count, terms)
            charges = by_price.get(price, stored.browse()).sorted("sequence")
            digits = terms.quantity_digits
            if [(line.quantity, line.unit_price, line.amount) for line in rated] != [
                (
                    round_digits(to_decimal(charge.quantity), digits),
                    to_decimal(charge.unit_price),
                    to_decimal(charge.amount),
                )
                for charge in charges
            ]:
                wrong.append(price.name)
        return wrong
