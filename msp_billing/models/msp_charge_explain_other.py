from fractions import Fraction

from odoo import models

from ..engine.money import product, round_half_up, to_decimal
from .msp_charge import NAMED


class MspCharge(models.Model):
    """How minimum charges, extra charges and corrections were calculated."""

    _inherit = "msp.charge"

    # === ON PAPER === #
    def _explain_on_paper(self):
        """Return what a customer needs to follow a line, beside its text.

        Nothing where the count is charged as it is, at the price of the plan.
        """
        self.ensure_one()
        if self.kind in ("adjustment", "credit"):
            before = self._billed_before()
            original = before.filtered(lambda c: c.cycle_id == self.origin_cycle_id)
            return [self._billed_line(original), *self._why_lines()]
        if self.kind == "minimum":
            return self._explain_minimum()[:2]
        if self.kind == "extra":
            return self._explain_extra()
        price = self._stored_terms_of_price()
        lines, quantity = self._explain_limits(price)
        if price.get("price_model") == "graduated" and len(price["tiers"]) > 1:
            lines = lines + self._explain_tier(price, quantity)
        return lines + self._explain_unit_price(price)

    # === MINIMUM AND EXTRA === #
    def _explain_minimum(self):
        """Say what the minimum of the cycle is, what is charged, what is missing."""
        terms = self.cycle_id.terms
        monthly = to_decimal(terms["minimum_amount"])
        months, factor = terms["cycle_months"], Fraction(terms["factor"])
        due = round_half_up(
            product(monthly, months, factor), to_decimal(terms["currency_step"])
        )
        steps = self._money_text(float(monthly))
        if months > 1:
            steps = self.env._(
                "%(amount)s x %(months)s months", amount=steps, months=months
            )
        if factor != 1:
            steps = self.env._(
                "%(amount)s x %(days)s of %(all)s days",
                amount=steps,
                **self._factor_values(),
            )
        recurring = self.cycle_id.charge_ids.filtered(lambda c: c.kind == "recurring")
        return [
            self.env._(
                "Minimum per month: %(steps)s = %(due)s.",
                steps=steps,
                due=self._money_text(float(due)),
            ),
            self.env._(
                "Recurring charges of the cycle: %(amount)s.",
                amount=self._money_text(sum(recurring.mapped("amount"))),
            ),
            self.env._("Missing: %(amount)s.", amount=self._money_text(self.amount)),
        ]

    def _explain_extra(self):
        return [
            self.env._(
                "Extra charge of %(day)s.",
                day=self._day_text(self.extra_charge_id.date),
            )
        ]

    # === CORRECTIONS === #
    def _explain_correction(self):
        """Say what was billed, what is counted now, and which computers made it."""
        origin = self.origin_cycle_id
        before = self._billed_before()
        original = before.filtered(lambda charge: charge.cycle_id == origin)
        lines = [self._billed_line(original)]
        if before - original:
            lines.append(
                self.env._(
                    "Corrected before: %(quantity)s, %(amount)s.",
                    quantity=self._signed(sum((before - original).mapped("quantity"))),
                    amount=self._money_text(sum((before - original).mapped("amount"))),
                )
            )
        lines += self._why_lines()
        siblings = self._siblings()
        valid = before.filtered(lambda charge: charge.cycle_id.state == "billed")
        due = sum((valid | siblings).mapped("amount"))
        lines.append(
            self.env._(
                "Due for it now: %(due)s, a difference of %(amount)s.",
                due=self._money_text(due),
                amount=self._money_text(sum(siblings.mapped("amount"))),
            )
        )
        if len(siblings) > 1:
            lines.append(
                self.env._("Charged on %(count)s lines; this one:", count=len(siblings))
            )
        return [*lines, self._product_line(), *self._computer_lines(siblings)]

    def _billed_line(self, original):
        origin = self.origin_cycle_id
        bill = origin.move_id.sudo().name or self.env._("no bill")
        return self.env._(
            "Billed for %(period)s (%(bill)s): %(quantity)s, %(amount)s.",
            period=origin._format_period(),
            bill=bill,
            quantity=self._number_text(sum(original.mapped("quantity"))),
            amount=self._money_text(sum(original.mapped("amount"))),
        )

    def _why_lines(self):
        """Say why it is rated again, and what is counted today."""
        origin = self.origin_cycle_id
        if origin.state == "voided" and origin.write_date <= self.create_date:
            return [self.env._("Its bill was voided: what corrected it is taken back.")]
        lines = []
        if self.kind == "credit":
            end = self.subscription_id.date_end
            lines.append(
                self.env._(
                    "The subscription ended on %(day)s: %(days)s of %(all)s days.",
                    day=self._day_text(end),
                    days=max((end - origin.date_start).days, 0),
                    all=(origin.date_end - origin.date_start).days,
                )
            )
        if self.price_id and self.price_id.price_model != "flat":
            lines.append(
                self.env._(
                    "Counted now: %(computers)s.",
                    computers=self._computers_text(self.counted),
                )
            )
        return lines

    def _siblings(self):
        """Return the lines of the same correction of the same price."""
        return self.cycle_id.charge_ids.filtered(
            lambda charge: (
                charge.origin_cycle_id == self.origin_cycle_id
                and charge.price_id == self.price_id
            )
        )

    def _billed_before(self):
        """Return the charges for the same days and price up to this correction."""
        return self.search(
            [
                ("price_id", "=", self.price_id.id),
                ("kind", "in", ("recurring", "minimum", "adjustment", "credit")),
                ("cycle_id.state", "in", ("billed", "voided")),
                ("cycle_id", "!=", self.cycle_id.id),
                ("id", "<", self.id),
                "|",
                ("cycle_id", "=", self.origin_cycle_id.id),
                ("origin_cycle_id", "=", self.origin_cycle_id.id),
            ]
        ).filtered(
            lambda charge: (
                charge.cycle_id == self.origin_cycle_id
                or charge.cycle_id.state == "billed"
            )
        )

    def _computer_lines(self, siblings):
        """Name the computers that the difference comes from, with their days."""
        rows = siblings.computer_ids
        lines = []
        for sign, own in (
            ("+", rows.filtered(lambda row: row.status != "excluded")),
            ("–", rows.filtered(lambda row: row.status == "excluded")),
        ):
            names = [row._name_and_days() for row in own[: 10 * NAMED]]
            if len(own) > len(names):
                names.append(self.env._("%(count)s more", count=len(own) - len(names)))
            if names:
                lines.append(f"{sign} {', '.join(names)}")
        return lines

    def _signed(self, value):
        return f"{'+' if value > 0 else ''}{self._number_text(value)}"
