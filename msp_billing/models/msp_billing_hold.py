from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError

# The code of a cycle that waits for an earlier one: nobody can release it alone.
BEHIND = "behind"


class MspBillingCycle(models.Model):
    """What holds a cycle back until somebody mends or releases it."""

    _inherit = "msp.billing.cycle"

    # === BUSINESS METHODS === #
    def _hold(self):
        """Hold the cycles of this run that must not be billed as they are.

        :return: the cycles that may be billed
        """
        reasons = {
            cycle: reason
            for cycle, reason in self._hold_reasons().items()
            if reason[0] != cycle.released_code
        }
        reasons = {**self._hold_behind(reasons), **reasons}
        for cycle in self:
            code, text = reasons.get(cycle, (False, False))
            cycle.write(
                {
                    "state": "held" if code else "due",
                    "hold_code": code,
                    "reason": text,
                }
            )
        return self.filtered(lambda cycle: cycle.state == "due")

    def _hold_reasons(self):
        """Return cycle -> (code, text) of the first reason that holds it."""
        reasons = {}
        for check in self._hold_checks():
            for cycle, reason in check().items():
                reasons.setdefault(cycle, reason)
        return reasons

    def _hold_behind(self, reasons):
        """Return cycle -> (code, text) of those with a held one before them.

        The cycles of a subscription are billed oldest first: no day is left out.

        :param dict reasons: cycle -> (code, text) of the held ones
        """
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

    def _refuse_behind(self, released):
        """Refuse to release a cycle while one before it stays held.

        :param released: the cycles that are released together
        """
        for cycle in self.subscription_id.cycle_ids.sorted("date_start"):
            if (
                cycle.kind == "regular"
                and cycle.state == "held"
                and cycle.date_start < self.date_start
                and cycle not in released
            ):
                raise UserError(
                    self.env._(
                        "%(cycle)s cannot be released before %(period)s, which is held "
                        "too: the oldest is billed first. Release or mend that one, or "
                        "release both.",
                        cycle=self.display_name,
                        period=cycle._format_period(),
                    )
                )

    def _released_code(self):
        """Return the reason that is released now: to wait behind another is none."""
        return self.released_code if self.hold_code == BEHIND else self.hold_code

    def _hold_checks(self):
        """Return the checks in the order in which people can mend things."""
        return [
            self._hold_missed,
            self._hold_prices,
            self._hold_quantities,
            self._hold_archived,
            self._hold_rate,
        ]

    def _hold_missed(self):
        """More missed cycles than a run may catch up are held together.

        Released ones do not count: else the next run would bill what this one holds.
        """
        by_subscription = defaultdict(self.browse)
        for cycle in self:
            if cycle.kind == "regular" and cycle.released_code != "missed":
                by_subscription[cycle.subscription_id] |= cycle
        held = {}
        for subscription, cycles in by_subscription.items():
            if len(cycles) <= subscription.company_id.msp_catchup_max:
                continue
            text = self.env._(
                "%(count)s missed cycles, %(start)s to %(end)s",
                count=len(cycles),
                start=self._format_day(min(cycles.mapped("date_start"))),
                end=self._format_day(max(cycles.mapped("date_end"))),
            )
            held.update(dict.fromkeys(cycles, ("missed", text)))
        return held

    def _hold_prices(self):
        return {
            cycle: (
                "no_price",
                self.env._(
                    "Plan %(plan)s has no price in force on %(day)s. Add one that "
                    "begins on or before that day.",
                    plan=cycle.plan_id.display_name,
                    day=self._format_day(cycle.date_start),
                ),
            )
            for cycle in self
            if cycle.kind == "regular" and not cycle._prices()
        }

    def _hold_quantities(self):
        held = {}
        for cycle in self.filtered(lambda cycle: cycle.kind == "regular"):
            for price in cycle._prices():
                if cycle._is_contracted(price) and cycle._contracted(price) is None:
                    held[cycle] = (
                        "no_quantity",
                        self.env._(
                            "Price %(price)s is charged by agreed quantity, and none "
                            "is agreed. Enter it on the subscription.",
                            price=price.name,
                        ),
                    )
        return held

    def _hold_archived(self):
        held = {}
        for cycle in self:
            product = cycle.charge_ids.product_id
            for record in (
                cycle.subscription_id.bill_to_id,
                cycle.partner_id,
                *product,
                *product.with_context(active_test=False).taxes_id,
            ):
                if not record.active:
                    held[cycle] = (
                        "archived",
                        self.env._(
                            "%(record)s is archived. Restore it, or replace it.",
                            record=record.display_name,
                        ),
                    )
            if not all(charge.product_id for charge in cycle.charge_ids):
                held[cycle] = (
                    "no_product",
                    self.env._(
                        "No service product gives the income account and the taxes. "
                        "Choose one on the plan or in the settings of MSP Billing.",
                    ),
                )
        return held

    def _hold_rate(self):
        """Without a rate Odoo would post a foreign currency one to one."""
        held = {}
        missing = self._currencies_without_rate()
        for cycle in self:
            if (cycle.currency_id, cycle.company_id) in missing:
                held[cycle] = (
                    "no_rate",
                    self.env._(
                        "Currency %(currency)s has no exchange rate. Enter one.",
                        currency=cycle.currency_id.name,
                    ),
                )
        return held

    @api.model
    def _has_rate(self, currency, company, day):
        return bool(
            self.env["res.currency.rate"].search_count(
                [
                    ("currency_id", "=", currency.id),
                    ("company_id", "in", (False, company.root_id.id)),
                    ("name", "<=", day),
                ],
                limit=1,
            )
        )

    def _currencies_without_rate(self):
        foreign = {
            (cycle.currency_id, cycle.company_id): cycle.run_id.date
            for cycle in self
            if cycle.currency_id != cycle.company_id.currency_id
        }
        return {
            key
            for key, day in foreign.items()
            if not self._has_rate(key[0], key[1], day)
        }
