from fractions import Fraction

from odoo import models
from odoo.tools.misc import formatLang

from ..engine.money import round_digits
from ..engine.span import Span
from ..tools.memo import remembered


class MspBillingCycle(models.Model):
    """What a customer reads on a line of the bill."""

    _inherit = "msp.billing.cycle"

    # === BUSINESS METHODS === #
    def _customer_lang(self):
        return self.subscription_id.bill_to_id.lang or self.env.user.lang

    def _in_customer_lang(self):
        """Return the cycle in the language of who is billed."""
        lang = self._customer_lang()
        if lang == self.env.lang:
            return self
        return self.with_env(
            remembered(
                self.env,
                ("env", lang),
                lambda: self.with_context(lang=lang).env,
            )
        )

    def _charge_text(self, price, usage, line):
        """Return what the customer reads: what, when, and how it was counted."""
        self.ensure_one()
        text = f"{price.name}, {self._format_period()}"
        if price.price_model == "flat":
            return text
        if self._is_contracted(price):
            detail = self.env._("agreed quantity")
        else:
            detail = self._basis_text(price, usage)
        if line.tier is not None and len(price.tier_ids) > 1:
            start = price.tier_ids.sorted("from_quantity")[line.tier].from_quantity
            detail += self.env._(
                ", price from %(start)s computers", start=self._number(start)
            )
        return f"{text}\n{detail}"

    def _basis_text(self, price, usage):
        day = usage.counting_day(
            price.usage_basis, Span(self.date_start, self.date_end)
        )
        count = self._number(usage.quantity(price.usage_basis))
        computers = (
            self.env._("1 computer")
            if count == "1"
            else self.env._("%(count)s computers", count=count)
        )
        return {
            "end": lambda: self.env._(
                "%(computers)s on %(day)s",
                computers=computers,
                day=self._format_day(day),
            ),
            "peak": lambda: self.env._(
                "%(computers)s at most, first on %(day)s",
                computers=computers,
                day=self._format_day(day) if day else "–",
            ),
            "average": lambda: self.env._(
                "%(days)s computer days in %(all)s days = %(computers)s",
                days=usage.computer_days,
                all=usage.days,
                computers=computers,
            ),
            "unique": lambda: self.env._(
                "%(count)s different computers in the period", count=count
            ),
        }[price.usage_basis]()

    def _number(self, value):
        """Return a number with as many decimals as it has, two at most."""
        return remembered(
            self.env, ("number", value, self.env.lang), lambda: self._written(value)
        )

    def _written(self, value):
        value = float(round_digits(Fraction(value), 2))
        decimals = f"{value:.2f}".rstrip("0").partition(".")[2]
        return formatLang(self.env, value, digits=len(decimals))
