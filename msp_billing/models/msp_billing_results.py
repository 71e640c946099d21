import hashlib
import json
from fractions import Fraction

from odoo import models
from odoo.tools import SQL

from ..engine.money import round_half_up, to_decimal
from ..engine.rating import amount_of
from ..tools.rows import update_rows

WEEKS_PER_MONTH = Fraction(52, 12)


class MspBillingCycle(models.Model):
    """What a rated cycle keeps: its terms, its sums, and a digest of all."""

    _inherit = "msp.billing.cycle"

    # === BUSINESS METHODS === #
    def _terms_json(self, agreed, usages, terms):
        """Return what rated the cycle: so it can be rated again in the same way."""
        return {
            "cycle_months": terms.cycle_months,
            "factor": str(terms.factor),
            "discount": str(terms.discount),
            "quantity_digits": terms.quantity_digits,
            "currency_step": str(terms.currency_step),
            "minimum_amount": str(
                to_decimal(self.plan_id._minimum_on(self.date_start))
            ),
            "last_day": self._last_day_count([row[0] for row in agreed], usages),
            "prices": {
                str(price.id): {
                    **price_json,
                    "count": str(count),
                    "usage": _usage_json(usages[self.id, price.id]),
                }
                for price, _engine_price, price_json, count in agreed
            },
        }

    def _store_results(self, rated=None):
        """Store the sums and the fingerprint of freshly rated cycles.

        :param dict rated: cycle -> further values to store, the terms among them
        """
        self.env.flush_all()
        evidence = self._evidence_digests()
        vals_list = []
        for cycle in self:
            digest, computers = evidence.get(cycle.id, ("", None))
            if computers is None:
                computers = sum(
                    int(charge.counted)
                    for charge in cycle.charge_ids
                    if charge.price_id and charge.price_id.price_model != "flat"
                )
            vals = rated[cycle] if rated else {"terms": False}
            vals_list.append(
                {
                    **vals,
                    "amount": cycle.currency_id.round(
                        sum(cycle.charge_ids.mapped("amount"))
                    ),
                    "monthly_amount": cycle._monthly_amount(vals["terms"]),
                    "computer_count": computers,
                    "fingerprint": cycle._fingerprint(vals["terms"], digest),
                }
            )
        self._refuse_frozen()
        update_rows(self, vals_list)
        self._store_comparison()

    def _monthly_amount(self, terms):
        """Return what this cycle charges again each time, for a full month.

        :param dict terms: see ``_terms_json``; nothing for a correction
        """
        self.ensure_one()
        if not terms:
            return 0.0
        step, whole = to_decimal(self.currency_id.rounding), terms["factor"] == "1"
        cycle = sum(
            to_decimal(charge.amount)
            if whole
            else amount_of(
                to_decimal(charge.quantity),
                to_decimal(charge.full_unit_price),
                to_decimal(charge.discount),
                step,
            )
            for charge in self.charge_ids
            if charge.kind == "recurring"
        )
        months = terms["cycle_months"]
        full = max(Fraction(cycle), Fraction(terms["minimum_amount"]) * months)
        per_month = full / months if months else full * WEEKS_PER_MONTH
        return float(round_half_up(per_month, step))

    def _evidence_digests(self):
        """Return cycle id -> (digest of its evidence, computers that are charged)."""
        return {
            cycle_id: (digest, computers)
            for cycle_id, digest, computers in self.env.execute_query(
                SQL(
                    "SELECT e.cycle_id, md5(string_agg(concat_ws(':', e.computer_id, "
                    "c.sequence, e.days, e.status, e.reason), ',' "
                    "ORDER BY e.computer_id, c.sequence)), "
                    "COUNT(DISTINCT e.computer_id) "
                    "FILTER (WHERE e.status != 'excluded') FROM msp_charge_computer e "
                    "LEFT JOIN msp_charge c ON c.id = e.charge_id "
                    "WHERE e.cycle_id = ANY(%s) GROUP BY e.cycle_id",
                    list(self.ids),
                )
            )
        }

    def _fingerprint(self, terms, evidence_digest):
        """Return a digest of all that decides the bill of this cycle."""
        content = [
            str(self.date_start),
            str(self.date_end),
            terms,
            evidence_digest,
            [
                [
                    charge.kind,
                    charge.price_id.id,
                    charge.product_id.id,
                    charge.name,
                    repr(charge.quantity),
                    repr(charge.unit_price),
                    repr(charge.discount),
                    repr(charge.amount),
                ]
                for charge in self.charge_ids.sorted("sequence")
            ],
        ]
        return hashlib.sha256(
            json.dumps(content, sort_keys=True, ensure_ascii=False).encode()
        ).hexdigest()


def _usage_json(usage):
    """Return what an explanation tells of a usage beside its count."""
    return {
        "computer_days": usage.computer_days,
        "peak_day": usage.peak_day and str(usage.peak_day),
    }
