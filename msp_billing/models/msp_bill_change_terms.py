from fractions import Fraction

from odoo import api, models

# What of a stored price is told when it differs; ``count`` only where it was agreed.
AGREED = ("included", "minimum", "maximum", "package_size")


class MspBillChange(models.AbstractModel):
    """What changed in quantities, prices and terms since the last bill."""

    _inherit = "msp.bill.change"

    # === TERMS === #
    @api.model
    def _notes(self, cycle, key, new, old):
        """Return what differs in quantity, price and terms, in words."""
        if not old:
            return [self.env._("new")]
        if not new:
            return [self.env._("no longer")]
        if not isinstance(key, int):
            return []
        notes = []
        now, before = (sum(charges.mapped("quantity")) for charges in (new, old))
        if now != before:
            notes.append(self._instead("", self._number(now), self._number(before)))
        notes += self._price_notes(cycle, new, old)
        return notes + self._agreed_notes(cycle, new, old)

    @api.model
    def _instead(self, what, now, before):
        text = self.env._("%(now)s instead of %(before)s", now=now, before=before)
        return f"{what} {text}".strip()

    @api.model
    def _price_notes(self, cycle, new, old):
        notes = []
        now, before = (self._full_prices(charges) for charges in (new, old))
        shared = now.keys() & before.keys()
        if any(now[tier] != before[tier] for tier in shared):
            notes.append(
                self._instead(
                    self.env._("price"),
                    " / ".join(self._price(value, cycle) for value in now.values()),
                    " / ".join(self._price(value, cycle) for value in before.values()),
                )
            )
        elif now != before and new[:1].price_id.price_model == "volume":
            notes.append(
                self._instead(
                    self.env._("price"),
                    self._price(*now.values(), cycle),
                    self._price(*before.values(), cycle),
                )
            )
        days, days_before = (self._part(c) for c in (cycle, cycle.previous_id))
        if days != days_before:
            notes.append(self._instead("", days, days_before))
        discount, discount_before = new[:1].discount, old[:1].discount
        if discount != discount_before:
            notes.append(
                self._instead(
                    self.env._("discount"),
                    f"{self._number(discount)} %",
                    f"{self._number(discount_before)} %",
                )
            )
        return notes

    @api.model
    def _full_prices(self, charges):
        """Return tier -> the price of a full cycle."""
        return {charge.tier: charge.full_unit_price for charge in charges}

    @api.model
    def _part(self, cycle):
        """Return how much of the full cycle is served, where it is not all."""
        if (cycle.terms or {}).get("factor", "1") == "1":
            return self.env._("full cycle")
        return self.env._(
            "%(days)s of %(all)s days",
            days=(cycle.date_end - cycle.date_start).days,
            all=(cycle.full_end - cycle.full_start).days,
        )

    @api.model
    def _agreed_notes(self, cycle, new, old):
        """Compare what was agreed, as the cycles keep it."""
        now, before = (
            ((charge.cycle_id.terms or {}).get("prices") or {}).get(
                str(charge.price_id.id), {}
            )
            for charge in (new[:1], old[:1])
        )
        labels = {
            "included": self.env._("included"),
            "minimum": self.env._("minimum"),
            "maximum": self.env._("maximum"),
            "package_size": self.env._("package of"),
            "count": self.env._("agreed quantity"),
        }
        names = list(AGREED)
        if cycle._is_contracted(new[:1].price_id):
            names.append("count")
        return [
            self._instead(
                labels[name], self._plain(now[name]), self._plain(before[name])
            )
            for name in names
            if name in now and name in before and now[name] != before[name]
        ]

    @api.model
    def _plain(self, value):
        """Return a stored number as people write it; without a maximum a dash."""
        return "–" if value is None else self._number(float(Fraction(value)))
