from datetime import timedelta
from fractions import Fraction

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.money import round_digits, to_decimal
from ..engine.rating import rate
from ..tools.audit_evidence_sql import EVIDENCE_CHECKS
from ..tools.audit_sql import CHECKS

# Billed cycles that are rated and counted again at a time: what is read is forgotten.
BATCH = 500
# Hours after which the hourly audit has rated every billed cycle again.
ROUND = 7 * 24
AUDITED = "msp_billing.audited_until"


class MspBillingCycle(models.Model):
    """The invariants of the add-on, asked of the live database."""

    _inherit = "msp.billing.cycle"

    # === CRON METHODS === #
    @api.model
    def _cron_audit(self):
        """Look for findings every hour, and tell the managers about new ones.

        Rated and counted again are the cycles that were billed or changed since the
        last audit, those with findings, and one part of the rest: all within a week.
        """
        started = fields.Datetime.now()
        Late = self.env["msp.late.change"]
        ids, touched = self._audit_due(started), Late._touched(self._audited_until())
        self.env["msp.audit.finding"]._refresh(ids)
        Late._refresh(sorted({*ids, *touched}))
        self.env["ir.config_parameter"].sudo().set_param(AUDITED, str(started))
        self.env["ir.cron"]._commit_progress()

    # === BUSINESS METHODS === #
    @api.model
    def _audit(self):
        """Return what contradicts the invariants; empty when all is sound.

        Anyone may run it on a live database: it reads only, and looks at all. The
        findings name the record by ``model`` and ``res_id``, the check by ``code``.

        :rtype: list[dict]
        """
        return self._audit_of(self._audited_ids())

    @api.model
    def _audit_of(self, ids):
        """Audit everything that SQL checks, and rate and count some cycles again.

        :param list ids: of billed regular cycles
        :rtype: list[dict]
        """
        self.env.flush_all()
        return [
            *self._audit_constraints(),
            *self._audit_sql(),
            *self._audit_again(ids),
            *(
                self._finding("mail", "msp.delivery", 0, text)
                for text in self.env["msp.delivery"].sudo()._audit()
            ),
        ]

    @api.model
    def _audited_ids(self, condition=None):
        """Return the ids of the billed regular cycles, oldest first."""
        query = SQL(
            "SELECT y.id FROM msp_billing_cycle y WHERE y.state = 'billed' "
            "AND y.kind = 'regular' AND y.terms IS NOT NULL AND %s ORDER BY y.id",
            condition or SQL("true"),
        )
        return [row[0] for row in self.env.execute_query(query)]

    @api.model
    def _audit_due(self, now):
        """Return the ids of the cycles that the hourly audit looks at again."""
        hour = int(now.timestamp()) // 3600
        return self._audited_ids(
            SQL(
                "(y.write_date >= %s "
                "OR MOD(y.id, %s) = %s OR EXISTS (SELECT 1 FROM msp_audit_finding f "
                "WHERE f.res_model IN ('msp.billing.cycle') AND f.res_id = y.id))",
                self._audited_until(),
                ROUND,
                hour % ROUND,
            )
        )

    @api.model
    def _audited_until(self):
        """Return since when records were written that no audit has seen.

        An hour earlier than the last audit began: transactions overlap.
        """
        parameter = self.env["ir.config_parameter"].sudo().get_param(AUDITED)
        if not parameter:
            return fields.Datetime.now() - timedelta(days=2)
        return fields.Datetime.to_datetime(parameter) - timedelta(hours=1)

    @api.model
    def _audit_again(self, ids):
        """Rate and count cycles again, in batches that leave nothing in memory."""
        findings = []
        for start in range(0, len(ids), BATCH):
            batch = self.browse(ids[start : start + BATCH])
            findings += batch._audit_rating()
            findings += batch._audit_counting()
            self.env.flush_all()
            for model in ("msp.billing.cycle", "msp.charge", "msp.charge.computer"):
                self.env[model].invalidate_model(flush=False)
        return findings

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
        for code, (model, query) in {**CHECKS, **EVIDENCE_CHECKS}.items():
            for res_id, detail in self.env.execute_query(SQL(query)):
                findings.append(
                    self._finding(code, model, res_id, f"{texts[code]} {detail}")
                )
        return findings

    @api.model
    def _audit_texts(self):
        return {
            "seal": self.env._("A posted bill was changed after it was posted:"),
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
            "evidence_company": self.env._(
                "Evidence belongs to another company or to another cycle's charge:"
            ),
            "evidence_customer": self.env._(
                "Evidence is of a customer outside the subscription's:"
            ),
            "evidence_quantity": self.env._(
                "The evidence does not give the quantity (counted / evidence, charged "
                "/ evidence):"
            ),
            "evidence_tier": self.env._(
                "More computers are behind a tier than it charges:"
            ),
        }

    def _audit_rating(self):
        """Rate the stored usage of billed cycles again: it gives the stored charges."""
        findings = []
        for cycle in self:
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
        for price in self._billed_prices()[self]:
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
