"""The books: what each billed cycle should cost, by the oracle of the engine's tests.

What was agreed is read from plans and subscriptions when a cycle is billed and kept
here, apart from what the add-on stores. What happened, the history of the computers,
is read anew each time: so bill and corrections together are compared with the history
of today.
"""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from types import SimpleNamespace

import oracle
from agreed import Agreed, dec
from dateutil.relativedelta import relativedelta
from histories import MONTHS, Computer

FAR = 420
CENT = Decimal("0.01")


def days_of(first, last):
    """Give the days from the first up to, but without, the last."""
    return [first + timedelta(n) for n in range((last - first).days)]


@cache
def _boundaries(date_start, billing_cycle, anchor_day, anchor_month, first, last):
    frame = SimpleNamespace(
        date_start=date_start,
        billing_cycle=billing_cycle,
        anchor_day=anchor_day,
        anchor_month=anchor_month,
        months=MONTHS[billing_cycle],
    )
    return sorted(oracle.boundaries(frame, days_of(first, last)))


def boundaries(subscription):
    """Give the days around now on which full cycles begin."""
    start = subscription.date_start
    return _boundaries(
        start,
        subscription.billing_cycle,
        subscription.anchor_day or None,
        int(subscription.anchor_month) if subscription.anchor_month else None,
        start - timedelta(FAR),
        start + timedelta(4 * FAR),
    )


def correction_days(subscription, after, until):
    """Give the days after one day, up to another, on which corrections are due."""
    found = days_of(after + timedelta(1), until + timedelta(1))
    if subscription.billing_cycle == "weekly":
        return [day for day in found if day in boundaries(subscription)]
    frame = SimpleNamespace(
        anchor_day=subscription.anchor_day or None, date_start=subscription.date_start
    )
    return [day for day in found if oracle.is_anchor_day(frame, day)]


class Books:
    """Compare what was billed with what the oracle makes of the history of today."""

    def __init__(self, env, company):
        self.env, self.company = env, company
        self.agreed = {}
        self.settled = {}

    # === HISTORY === #
    def stays(self, cycle, first, last):
        """Give who counts for a cycle, and when, as the oracle reads it."""
        if cycle.subscription_id.count_source == "reading":
            return list(self._readings(cycle, last))
        periods = self.env["msp.computer.period"].search(
            [
                ("company_id", "=", self.company.id),
                ("date_from", "<", last),
                "|",
                ("date_to", "=", False),
                ("date_to", ">", first),
            ]
        )
        found = []
        for period in periods:
            begin = max(period.date_from, first)
            end = min(period.date_to or last, last)
            found += [
                Computer(period.computer_id.id, period.type_id.id, *span)
                for span in self._belongs(cycle, period.partner_id, begin, end)
            ]
        return found

    def _readings(self, cycle, last):
        rows = self.env["msp.count.reading"].search(
            [("company_id", "=", self.company.id)], order="date"
        )
        for (partner, kind), own in rows.grouped(
            lambda row: (row.partner_id, row.type_id)
        ).items():
            ends = [*own.mapped("date")[1:], last]
            for row, end in zip(own, ends, strict=True):
                end = max(row.date, end)
                for span in self._belongs(cycle, partner, row.date, end):
                    for number in range(row.quantity):
                        yield Computer((partner.id, kind.id, number), kind.id, *span)

    def _belongs(self, cycle, partner, first, last):
        """Give the days, one by one for sites, on which a contact counts with it."""
        subscription, step = cycle.subscription_id, partner.id
        root, parents = subscription.partner_id.id, self.agreed[cycle.id].parents
        if step == root:
            return [(first, last)]
        way = []
        while step and step != root:
            way.append(step)
            step = parents[step]
        if not step or not subscription.include_sites:
            return []
        own = subscription.plan_id.subscription_ids.filtered(
            lambda other: other.partner_id.id in way
        )
        return [
            (day, day + timedelta(1))
            for day in days_of(first, last)
            if not any(
                other.date_start <= day < (other.date_end or date.max) for other in own
            )
        ]

    # === WHAT IS OWED === #
    def note(self, cycles):
        """Keep what was agreed for cycles that are billed now."""
        for cycle in cycles:
            self.agreed[cycle.id] = Agreed(cycle)

    def owed(self, cycle):
        """Give price id -> lines, and the minimum, for the history of today."""
        subscription = cycle.subscription_id
        prorated = subscription.proration == "daily"
        first, last = cycle.date_start, cycle.date_end
        stop = subscription.date_end or last
        if cycle.state == "voided" or stop <= first:
            return {}, Decimal(0)
        if prorated:
            last = min(last, stop)
        around = boundaries(subscription)
        full_start = max(day for day in around if day <= first)
        full_end = min(day for day in around if day >= cycle.date_end)
        days = days_of(first, last)
        part = Fraction(len(days), (full_end - full_start).days)
        part = part if prorated else Fraction(1)
        agreed = self.agreed[cycle.id]
        history = SimpleNamespace(
            computers=self.stays(cycle, first, last),
            last_known=date.max,
            months=MONTHS[subscription.billing_cycle],
            discount=agreed.discount,
            minimum_amount=agreed.minimum_amount,
            quantity_step=CENT,
            currency_step=CENT,
        )
        lines = {}
        for price_id, (contracted, price) in agreed.prices.items():
            history.contracted = contracted
            lines[price_id] = list(oracle.charges(history, price, days, part))
        amounts = [line[2] for own in lines.values() for line in own]
        return lines, oracle.minimum(history, part, amounts)

    def billed(self, cycle):
        """Give price id (False: the minimum) -> what was billed, not rounded."""
        sums, count = defaultdict(Fraction), defaultdict(int)
        amounts = defaultdict(Decimal)
        charges = self.env["msp.charge"].search(
            [
                ("kind", "!=", "extra"),
                ("cycle_id.state", "=", "billed"),
                "|",
                ("cycle_id", "=", cycle.id),
                ("origin_cycle_id", "=", cycle.id),
            ]
        )
        for charge in charges:
            paid = 1 - Fraction(dec(charge.discount)) / 100
            key = charge.price_id.id
            exact = Fraction(dec(charge.quantity)) * Fraction(dec(charge.unit_price))
            sums[key] += exact * paid
            amounts[key] += dec(charge.amount)
            count[key] += 1
        for key, amount in amounts.items():
            assert abs(Fraction(amount) - sums[key]) <= count[key] * CENT / 2, (
                "rounding"
            )
        return sums

    def check(self, cycle):
        """Compare bill and corrections of one cycle with the oracle."""
        lines, minimum = self.owed(cycle)
        discount = self.agreed[cycle.id].discount
        paid = 1 - Fraction(discount) / 100
        wanted = {
            price_id: sum(Fraction(n) * Fraction(cost) * paid for n, cost, _ in own)
            for price_id, own in lines.items()
        }
        wanted[False] = Fraction(minimum)
        found = self.billed(cycle)
        wrong = {
            self.env["msp.service.plan.price"].browse(key).name or "minimum": (
                f"billed {float(found[key])}, owed {float(wanted.get(key, 0))}"
            )
            for key in {*wanted, *found}
            if found[key] != wanted.get(key, 0)
        }
        assert not wrong, (cycle.display_name, cycle.state, wrong)

    def check_fresh(self, cycle):
        """Compare the lines of a cycle that is billed just now, one by one."""
        lines, minimum = self.owed(cycle)
        found = defaultdict(list)
        for charge in cycle.charge_ids.filtered(lambda c: c.kind == "recurring"):
            line = charge.quantity, charge.unit_price, charge.amount
            found[charge.price_id.id].append(tuple(map(dec, line)))
        assert dict(found) == lines, (cycle.display_name, dict(found), lines)
        least = cycle.charge_ids.filtered(lambda c: c.kind == "minimum")
        assert dec(sum(least.mapped("amount"))) == minimum, (least, minimum)

    def check_evidence(self, cycle):
        """Each computer with a day in the cycle is in its evidence.

        Those that a site's own subscription bills are there too, as not counted.
        """
        subscription = cycle.subscription_id
        if subscription.count_source == "inventory":
            stays = self.stays(cycle, cycle.date_start, cycle.date_end)
            there = {stay.key for stay in stays if stay.date_from < stay.date_to}
            rows = cycle.evidence_ids
            assert there <= set(rows.computer_id.ids), cycle.display_name
            others = rows.filtered(lambda row: row.computer_id.id not in there)
            assert set(others.mapped("status")) <= {"excluded"}, cycle.display_name

    # === CORRECTIONS === #
    def due_for_correction(self, subscription, day):
        """Give the billed cycles that the corrections of a day bring up to date."""
        months = relativedelta(months=self.company.msp_adjustment_months)
        return subscription.cycle_ids.filtered(
            lambda cycle: (
                cycle.kind == "regular"
                and cycle.id in self.agreed
                and (
                    cycle.state == "voided"
                    or (
                        cycle.state == "billed"
                        and (
                            day - months <= cycle.date_end <= day
                            or self._charged_until(cycle) != self._end(cycle)
                        )
                    )
                )
            )
        )

    def _end(self, cycle):
        """Give the first day of a cycle that is not served any more."""
        subscription = cycle.subscription_id
        stop = subscription.date_end or date.max
        if stop <= cycle.date_start:
            return cycle.date_start
        whole = subscription.proration == "none"
        return cycle.date_end if whole else min(stop, cycle.date_end)

    def _charged_until(self, cycle):
        """Give the end with which a cycle was billed or corrected last."""
        return self.settled.get(cycle.id, cycle.date_end)

    def settle(self, cycle):
        """Note that the end of a cycle is charged as it is now."""
        self.settled[cycle.id] = self._end(cycle)
