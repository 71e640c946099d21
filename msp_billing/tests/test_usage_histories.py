from datetime import date, timedelta
from random import Random
from unittest.mock import patch

from odoo.tests import tagged

from ..models import msp_usage
from .common import MspBillingCommon

START, END = date(2026, 1, 1), date(2026, 2, 1)
DAYS = [START + timedelta(days=number) for number in range((END - START).days)]


@tagged("post_install", "-at_install")
class TestUsageHistories(MspBillingCommon):
    """The counting in SQL against a count of each day, on random histories."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        kinds = cls.workstation, cls.server, cls.mobile
        cls.kinds = cls.env["msp.computer.type"].concat(*kinds)
        cls.acme, cls.beta = cls._customer("Acme Ltd"), cls._customer("Beta Ltd")
        cls.north, cls.lab, cls.south, cls.annex = cls.env["res.partner"].create(
            [
                {"name": name, "parent_id": parent.id}
                for name, parent in (
                    ("North", cls.acme),
                    ("Lab", cls.acme),
                    ("South", cls.acme),
                    ("Annex", cls.beta),
                )
            ]
        )
        cls.lab.parent_id = cls.north
        cls.partners = [cls.acme, cls.north, cls.lab, cls.south, cls.beta, cls.annex]
        some = cls.workstation | cls.server
        cls.plan = cls._plan(
            "Every basis",
            prices=[
                {"usage_basis": basis, "computer_type_ids": [(6, 0, types.ids)]}
                for basis, types in (
                    ("peak", cls.env["msp.computer.type"]),
                    ("end", cls.env["msp.computer.type"]),
                    ("unique", some),
                    ("average", some),
                    ("peak", cls.server),
                    ("unique", cls.mobile),
                    ("contracted", cls.mobile),
                )
            ],
        )

    # === HISTORIES === #
    def make_computers(self, random, number):
        for index in range(number):
            computer = self._computers(self.acme, 1, "2020-01-01")
            computer.period_ids.unlink()
            day = START - timedelta(days=random.randrange(1, 20))
            while day < END + timedelta(days=3):
                last = day + timedelta(days=random.choice((1, 2, 5, 12, 40)))
                self.env["msp.computer.period"].create(
                    {
                        "computer_id": computer.id,
                        "partner_id": random.choice(self.partners).id,
                        "type_id": random.choice(self.kinds).id,
                        "date_from": day,
                        "date_to": last if random.random() < 0.8 else False,
                    }
                )
                if not computer.date_to:
                    break
                day = last + timedelta(days=random.choice((0, 0, 1, 6)))
            computer.name = f"PC {index}"

    def make_readings(self, random):
        for partner in (self.beta, self.annex):
            for kind in self.kinds:
                for day in random.sample(DAYS, 3):
                    self.env["msp.count.reading"].create(
                        {
                            "partner_id": partner.id,
                            "type_id": kind.id,
                            "date": day - timedelta(days=4),
                            "quantity": random.randrange(9),
                        }
                    )

    def make_cycles(self, random, source):
        """Subscribe both customers, and some sites for a part of the cycle."""
        Cycle, cycles = self.env["msp.billing.cycle"].sudo(), []
        for partner in (self.acme, self.beta, *random.sample(self.partners[1:4], 2)):
            own = partner.parent_id and random.choice(DAYS[:-1])
            subscription = self._subscribe(
                self.plan,
                partner,
                own or START,
                contracted_quantity=0,
                count_source=source if partner == self.beta else "inventory",
                include_sites=random.random() < 0.8,
                date_end=own and random.choice((False, own + timedelta(days=5))),
            )
            end = min(END, subscription.date_end or END)
            vals = {"subscription_id": subscription.id}
            cycles.append({**vals, "date_start": own or START, "date_end": end})
        return Cycle.create(cycles)

    # === DAY BY DAY === #
    def sites_on(self, subscription, day):
        """Return whose computers count on a day."""
        found, nearest = subscription.partner_id, subscription.partner_id.child_ids
        while nearest and subscription.include_sites:
            nearest = nearest.filtered(lambda site: not self.has_plan(site, day))
            found |= nearest
            nearest = nearest.child_ids
        return found

    def has_plan(self, site, day):
        return any(
            other.date_start <= day < (other.date_end or date.max)
            for other in self.plan.subscription_ids
            if other.partner_id == site
        )

    def there(self, cycle, price, day):
        """Return who counts on a day: computers, or a number of readings."""
        sites = self.sites_on(cycle.subscription_id, day)
        kinds = price._covered_types()
        if cycle.subscription_id.count_source == "inventory":
            return {
                period.computer_id.id
                for period in self.env["msp.computer.period"].search([])
                if period.partner_id in sites
                and period.type_id in kinds
                and period.date_from <= day < (period.date_to or date.max)
            }
        count = 0
        for site in sites:
            for kind in kinds:
                domain = [("partner_id", "=", site.id), ("type_id", "=", kind.id)]
                readings = self.env["msp.count.reading"].search(
                    [*domain, ("date", "<=", day)], order="date desc", limit=1
                )
                count += readings.quantity
        return set(range(count))

    def assertCounted(self, cycle, price, usage):
        days = []
        day = cycle.date_start
        while day < cycle.date_end:
            days.append(self.there(cycle, price, day))
            day += timedelta(days=1)
        counts = [len(there) for there in days]
        basis = price.usage_basis
        wanted = {
            "end": counts[-1],
            "peak": max(counts),
            "average": sum(counts),
            "unique": len(set().union(*days)),
        }[basis]
        found = usage.quantity(basis) * (usage.days if basis == "average" else 1)
        self.assertEqual(found, wanted, (cycle.display_name, price.usage_basis))
        if basis == "peak" and max(counts):
            first = cycle.date_start + timedelta(days=counts.index(max(counts)))
            self.assertEqual(usage.peak_day, first)

    def check(self, seed, source):
        random = Random(seed)
        self.make_computers(random, 12)
        if source == "reading":
            self.make_readings(random)
        cycles = self.make_cycles(random, source)
        prices = dict.fromkeys(cycles, self.plan.price_ids)
        with patch.object(msp_usage, "BATCH_SIZE", 3):
            usages = self.env["msp.usage"]._measure(cycles, prices)
        self.assertEqual(len(usages), len(cycles) * len(self.plan.price_ids))
        for cycle in cycles:
            for price in self.plan.price_ids:
                if price.usage_basis != "contracted":
                    self.assertCounted(cycle, price, usages[cycle.id, price.id])

    def test_moves_sites_and_gaps(self):
        for seed in range(4):
            with self.subTest(seed=seed), self.env.cr.savepoint() as savepoint:
                self.check(seed, "inventory")
                savepoint.rollback()
                self.env.invalidate_all()

    def test_readings(self):
        for seed in range(2):
            with self.subTest(seed=seed), self.env.cr.savepoint() as savepoint:
                self.check(seed, "reading")
                savepoint.rollback()
                self.env.invalidate_all()

    def test_only_what_is_asked_for(self):
        """A price on the last day is not counted on another basis."""
        self._computers(self.acme, 2)
        plan = self._plan("Last day")
        subscription = self._subscribe(plan, self.acme)
        cycle = (
            self.env["msp.billing.cycle"]
            .sudo()
            .create(
                {
                    "subscription_id": subscription.id,
                    "date_start": START,
                    "date_end": END,
                }
            )
        )
        usages = self.env["msp.usage"]._measure(cycle, {cycle: plan.price_ids})
        usage = usages[cycle.id, plan.price_ids.id]
        self.assertEqual((usage.end, usage.computer_days), (2, 62))
        self.assertEqual((usage.peak, usage.peak_day, usage.unique), (None,) * 3)
