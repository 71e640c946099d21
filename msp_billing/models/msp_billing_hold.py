from collections import defaultdict

from odoo import models

from .msp_billing_release import BEHIND


class MspBillingCycle(models.Model):
    """What holds a cycle back until somebody mends or releases it."""

    _inherit = "msp.billing.cycle"

    # === BUSINESS METHODS === #
    def _hold(self):
        """Hold the cycles of this run that must not be billed as they are.

        They are counted and rated before. Each check looks at all of them at once.

        :return: the cycles that may be billed
        """
        reasons = self._hold_reasons()
        reasons = {**self._hold_behind(reasons), **reasons}
        free = self.filtered(lambda cycle: cycle not in reasons)
        free.filtered(
            lambda cycle: cycle.state != "due" or cycle.hold_code or cycle.reason
        ).write({"state": "due", "hold_code": False, "reason": False})
        for cycle, (code, text) in reasons.items():
            cycle.write({"state": "held", "hold_code": code, "reason": text})
        return free

    def _hold_reasons(self):
        """Return cycle -> (code, text) of the first reason that holds it."""
        if not self:
            return {}
        released = {
            cycle: cycle._released_codes() for cycle in self if cycle.released_code
        }
        reasons = {}
        for check in self._hold_checks():
            for cycle, (code, text) in check().items():
                if code not in released.get(cycle, ()):
                    reasons.setdefault(cycle, (code, text))
        return reasons

    def _hold_checks(self):
        """Return the checks in the order in which people can mend things.

        Each returns cycle -> (code, text) of those that it holds.
        """
        return [
            self._hold_missed,
            self._hold_prices,
            self._hold_quantities,
            self._hold_archived,
            self._hold_products,
            self._hold_accounts,
            self._hold_rate,
            self._hold_address,
            self._hold_unreported,
            self._hold_stale,
            self._hold_jump,
            self._hold_locked,
        ]

    def _hold_behind(self, reasons):
        """Return cycle -> (code, text) of those with a held one before them.

        The cycles of a subscription are billed oldest first: no day is left out.

        :param dict reasons: cycle -> (code, text) of the held ones
        """
        if not reasons:
            return {}
        first, behind = {}, {}
        regular = self.filtered(lambda cycle: cycle.kind == "regular")
        for cycle in regular.sorted("date_start"):
            before = first.get(cycle.subscription_id)
            if before:
                behind[cycle] = (
                    BEHIND,
                    self.env._(
                        "%(period)s is held, and the oldest is billed first. Release "
                        "or mend that one.",
                        period=before._format_period(),
                    ),
                )
            elif cycle in reasons:
                first[cycle.subscription_id] = cycle
        return behind

    # === CHECKS === #
    def _hold_missed(self):
        """More missed cycles than a run may catch up are held together.

        Released ones do not count: else the next run would bill what this one holds.
        """
        by_subscription = defaultdict(list)
        for cycle in self:
            if cycle.kind == "regular":
                by_subscription[cycle.subscription_id].append(cycle)
        held = {}
        for subscription, own in by_subscription.items():
            most = subscription.company_id.msp_catchup_max
            if len(own) <= most:
                continue
            missed = [c for c in own if "missed" not in c._released_codes()]
            if len(missed) <= most:
                continue
            text = self.env._(
                "%(count)s missed cycles, %(start)s to %(end)s",
                count=len(missed),
                start=self._format_day(min(c.date_start for c in missed)),
                end=self._format_day(max(c.date_end for c in missed)),
            )
            held.update(dict.fromkeys(missed, ("missed", text)))
        return held
