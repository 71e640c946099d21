from fractions import Fraction

from odoo import models

# What of a stored price is a count, not a price.
COUNTED = ("count", "usage")


class MspBillRun(models.Model):
    """What a run bills in another way than it was previewed, and why."""

    _inherit = "msp.bill.run"

    # === BUSINESS METHODS === #
    def _remember_preview(self, cycle):
        """Return what the preview showed of a cycle, before it is rated again."""
        return {
            "fingerprint": cycle.fingerprint,
            "amount": cycle.amount,
            "computers": cycle.computer_count,
            "terms": cycle.terms or {},
        }

    def _record_changes(self, previewed):
        """Record the cycles that changed since the preview, with the reason.

        :param dict previewed: cycle -> what ``_remember_preview`` returned
        """
        for cycle, before in previewed.items():
            if cycle.fingerprint == before["fingerprint"]:
                continue
            self._record_issue(
                "changed",
                cycle,
                self.env._(
                    "%(before)s in the preview, %(after)s now: %(why)s.",
                    before=cycle.currency_id.format(before["amount"]),
                    after=cycle.currency_id.format(cycle.amount),
                    why="; ".join(self._why_changed(cycle, before)),
                ),
            )

    def _why_changed(self, cycle, before):
        """Return what of a cycle differs from its preview, in words."""
        now, then = cycle.terms or {}, before["terms"]
        notes = []
        if cycle.computer_count != before["computers"]:
            notes.append(
                self._instead(
                    self.env._("computers"), cycle.computer_count, before["computers"]
                )
            )
        notes += self._prices_changed(
            now.get("prices") or {}, then.get("prices") or {}, bool(notes)
        )
        for name, label in (
            ("discount", self.env._("discount in %")),
            ("minimum_amount", self.env._("minimum amount per month")),
            ("factor", self.env._("part of the full cycle")),
        ):
            if now.get(name) != then.get(name):
                notes.append(self._instead(label, now.get(name), then.get(name)))
        return notes or [
            self.env._("the computers behind it, their days, or extra charges changed")
        ]

    def _prices_changed(self, now, then, counted):
        """Compare the prices that rated a cycle with those of its preview."""
        names = {
            str(price.id): price.name
            for price in self.env["msp.service.plan.price"]
            .browse(map(int, {**now, **then}))
            .exists()
        }
        notes = []
        for key in {**now, **then}:
            name = names.get(key, self.env._("a price that was deleted"))
            if key not in now or key not in then:
                notes.append(
                    self.env._("price %(name)s is new", name=name)
                    if key in now
                    else self.env._("price %(name)s is no longer in force", name=name)
                )
                continue
            new, old = now[key], then[key]
            if new.get("unit_price") != old.get("unit_price"):
                label = self.env._("price %(name)s", name=name)
                notes.append(
                    self._instead(label, new.get("unit_price"), old.get("unit_price"))
                )
            elif self._without_counts(new) != self._without_counts(old):
                notes.append(self.env._("terms of price %(name)s", name=name))
            if new.get("count") != old.get("count") and not counted:
                label = self.env._("quantity for %(name)s", name=name)
                notes.append(self._instead(label, new.get("count"), old.get("count")))
        return notes

    def _without_counts(self, price):
        return {key: value for key, value in price.items() if key not in COUNTED}

    def _instead(self, what, now, before):
        """Return a note that one value stands where another stood."""
        return self.env._(
            "%(what)s %(now)s instead of %(before)s",
            what=what,
            now=self._plain(now),
            before=self._plain(before),
        )

    def _plain(self, value):
        """Return a stored number as people write it; without one a dash."""
        return "–" if value is None else f"{float(Fraction(str(value))):g}"
