from datetime import timedelta
from fractions import Fraction

from odoo import api, fields, models
from odoo.tools import format_amount
from odoo.tools.misc import formatLang

from ..tools.days import day_text

PRICE_DIGITS = 6


class MspCharge(models.Model):
    """How a charge was calculated, in words and numbers.

    All is read from what the cycle keeps: prices changed later change no explanation.
    """

    _inherit = "msp.charge"

    # === FIELDS === #
    explanation = fields.Text(compute="_compute_explanation")
    changes = fields.Text(string="Since Last Bill", compute="_compute_changes")

    # === COMPUTE METHODS === #
    @api.depends("quantity", "unit_price", "full_unit_price", "discount", "amount")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for charge in self:
            charge.explanation = "\n".join(charge._explain())

    @api.depends("cycle_id.previous_id", "price_id", "amount")
    @api.depends_context("lang")
    def _compute_changes(self):
        Change = self.env["msp.bill.change"]
        cycles = self.cycle_id.filtered(lambda cycle: cycle.kind == "regular")
        found = Change._of(cycles, internal=True)
        for charge in self:
            change = found.get(charge.cycle_id)
            text = change and Change._of_charge(change, charge)
            charge.changes = text or False

    # === BUSINESS METHODS === #
    def _explain(self):
        """Return the calculation, a line for each step."""
        self.ensure_one()
        if self.kind in ("adjustment", "credit"):
            return self._explain_correction()
        if self.kind == "minimum":
            return self._explain_minimum()
        if self.kind == "extra":
            return [*self._explain_extra(), self._product_line()]
        price = self._stored_terms_of_price()
        return [
            *self._explain_count(price),
            *self._explain_quantity(price),
            *self._explain_unit_price(price),
            self._product_line(),
        ]

    def _stored_terms_of_price(self):
        """Return what the cycle keeps of the price: numbers as exact text."""
        cycle = self.origin_cycle_id or self.cycle_id
        prices = (cycle.terms or {}).get("prices") or {}
        return prices.get(str(self.price_id.id)) or {}

    # === COUNTING === #
    def _explain_count(self, price):
        """Say what was counted, and how."""
        if price.get("price_model") == "flat":
            return [self.env._("Flat: once per billing cycle, whatever is counted.")]
        source = self.subscription_id.count_source
        count = self._computers_text(self.counted)
        if price.get("usage_basis") == "contracted" or source == "contracted":
            return [
                self.env._(
                    "Agreed quantity: %(computers)s. The inventory is not counted.",
                    computers=count,
                )
            ]
        lines = [self._basis_line(price, count)]
        if source == "reading":
            lines.append(
                self.env._(
                    "Counted from count readings: which computers they were is not "
                    "known."
                )
            )
        return lines

    def _basis_line(self, price, count):
        cycle, usage = self.cycle_id, price.get("usage") or {}
        basis = price.get("usage_basis")
        if basis == "average":
            return self.env._(
                "Average per day: %(days)s computer days / %(all)s days = %(count)s.",
                days=self._number_text(usage.get("computer_days", 0)),
                all=(cycle.date_end - cycle.date_start).days,
                count=count,
            )
        if basis == "peak":
            day = usage.get("peak_day")
            return self.env._(
                "Highest daily count: %(count)s, first on %(day)s.",
                count=count,
                day=self._day_text(fields.Date.to_date(day)) if day else "–",
            )
        if basis == "unique":
            return self.env._(
                "Every computer seen on at least one day: %(count)s.", count=count
            )
        return self.env._(
            "On the last day, %(day)s: %(count)s.",
            day=self._day_text(cycle.date_end - timedelta(days=1)),
            count=count,
        )

    # === QUANTITY === #
    def _explain_quantity(self, price):
        """Say what included, minimum, maximum, blocks and tiers made of the count."""
        lines, quantity = self._explain_limits(price)
        return lines + self._explain_tier(price, quantity)

    def _explain_limits(self, price):
        """Return what limits and blocks made of the count, and what is left of it."""
        if not price or price["price_model"] == "flat":
            return [], Fraction(str(self.counted))
        lines, quantity = [], Fraction(str(self.counted))
        included, minimum = (Fraction(price[name]) for name in ("included", "minimum"))
        if included:
            quantity = max(quantity - included, Fraction(0))
            lines.append(self._included_line(included, quantity))
        if minimum > quantity:
            quantity = minimum
            lines.append(
                self.env._(
                    "The minimum is charged: %(quantity)s.",
                    quantity=self._number_text(quantity),
                )
            )
        if price["maximum"] is not None and quantity > Fraction(price["maximum"]):
            quantity = Fraction(price["maximum"])
            lines.append(
                self.env._(
                    "Not more than the maximum is charged: %(quantity)s.",
                    quantity=self._number_text(quantity),
                )
            )
        if price["price_model"] == "package":
            lines.append(
                self.env._(
                    "Begun blocks of %(size)s: %(blocks)s.",
                    size=self._number_text(Fraction(price["package_size"])),
                    blocks=self._number_text(self.quantity),
                )
            )
        return lines, quantity

    def _included_line(self, included, quantity):
        left = self._number_text(quantity)
        if included == 1:
            return self.env._("1 is included: %(quantity)s left.", quantity=left)
        return self.env._(
            "%(included)s are included: %(quantity)s left.",
            included=self._number_text(included),
            quantity=left,
        )

    def _explain_tier(self, price, quantity):
        model = price.get("price_model")
        if model not in ("volume", "graduated") or self.tier < 0:
            return []
        tiers = price["tiers"]
        start = Fraction(tiers[self.tier]["from_quantity"])
        if price["price_model"] == "volume":
            return [
                self.env._(
                    "Volume: %(quantity)s are in the tier from %(start)s on, whose "
                    "price all of them pay.",
                    quantity=self._number_text(quantity),
                    start=self._number_text(start),
                )
            ]
        line = self.env._(
            "Tier %(number)s of %(count)s, above %(start)s: %(part)s of %(quantity)s.",
            number=self.tier + 1,
            count=len(tiers),
            start=self._number_text(start),
            part=self._number_text(self.quantity),
            quantity=self._number_text(quantity),
        )
        if price["usage_basis"] == "average" and self.tier:
            return [line, self._average_tier_line()]
        return [line]

    def _average_tier_line(self):
        return self.env._(
            "The computers and their days stand on the line of the first tier: parts "
            "of computers belong to no tier."
        )

    # === PRICE === #
    def _explain_unit_price(self, price):
        """Say how the price of the plan became the price of the cycle."""
        if not price:
            return []
        terms, lines = self.cycle_id.terms, []
        months = terms["cycle_months"]
        if price["price_period"] == "month" and months > 1:
            lines.append(
                self.env._(
                    "%(price)s per month x %(months)s months = %(full)s.",
                    price=self._price_text(self._list_price(price)),
                    months=months,
                    full=self._price_text(self.full_unit_price),
                )
            )
        if Fraction(terms["factor"]) != 1:
            lines.append(
                self.env._(
                    "%(full)s for the full cycle x %(days)s of %(all)s days = "
                    "%(price)s.",
                    full=self._price_text(self.full_unit_price),
                    price=self._price_text(self.unit_price),
                    **self._factor_values(),
                )
            )
        return lines

    def _list_price(self, price):
        """Return the price as the plan, or what was agreed, names it."""
        if price["price_model"] in ("volume", "graduated") and self.tier >= 0:
            return float(price["tiers"][self.tier]["unit_price"])
        return float(price["unit_price"])

    def _factor_values(self):
        cycle = self.cycle_id
        return {
            "days": (cycle.date_end - cycle.date_start).days,
            "all": (cycle.full_end - cycle.full_start).days,
        }

    def _product_line(self):
        discount = ""
        if self.discount:
            discount = f" – {self._number_text(self.discount)} %"
        return (
            f"{self._number_text(self.quantity)} x {self._price_text(self.unit_price)}"
            f"{discount} = {self._money_text(self.amount)}"
        )

    # === FORMATS === #
    def _computers_text(self, count):
        if count == 1:
            return self.env._("1 computer")
        return self.env._("%(count)s computers", count=self._number_text(count))

    def _number_text(self, value):
        """Return a number with as many decimals as it has."""
        text = f"{float(value):.{PRICE_DIGITS}f}".rstrip("0")
        digits = len(text.partition(".")[2])
        return formatLang(self.env, float(value), digits=digits)

    def _price_text(self, value):
        text = f"{value:.{PRICE_DIGITS}f}".rstrip("0")
        digits = max(self.currency_id.decimal_places, len(text.partition(".")[2]))
        return formatLang(self.env, value, digits=digits)

    def _money_text(self, amount):
        return format_amount(self.env, amount, self.currency_id)

    def _day_text(self, day):
        return day_text(self.env, day)
