"""Many months of companies in several time zones, by the scheduled actions alone.

The clock stands a little before and a little after each local midnight at which
something is due, and at all month ends. Two outages: three weeks, then four months.
"""

from datetime import date, datetime, time, timedelta, timezone
from itertools import pairwise
from random import Random
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from books import boundaries, correction_days
from conftest import LONG, SEED
from dateutil.relativedelta import relativedelta
from freezegun import freeze_time
from proof import Proof
from world import World

from odoo.fields import Command, Datetime
from odoo.tests import tagged

from odoo.addons.msp_billing.tests.common import MspBillingCommon

ZONES = ["Pacific/Honolulu", "Australia/Lord_Howe"]
if LONG:
    ZONES += ["Europe/Berlin", "Pacific/Auckland", "UTC"]
FIRST = date(2027, 1, 31)
LAST = FIRST + relativedelta(months=28 if LONG else 14)
#: First and last day of the outages: nothing runs from then until then.
OUTAGES = [
    (date(2027, 3, 8), date(2027, 3, 29)),
    (date(2027, 8, 20), date(2027, 12, 20)),
]
#: customer, plan, start, terms: customers share bills where they are the same.
SUBSCRIPTIONS = [
    (0, "Month", date(2027, 1, 31), {}),
    (0, "Ahead", date(2027, 1, 31), {"timing": "advance"}),
    (1, "Month", date(2027, 1, 30), {}),
    (1, "Ahead", date(2027, 2, 10), {"timing": "advance", "anchor_day": 31}),
    (2, "Month", date(2027, 2, 1), {"billing_cycle": "bimonthly"}),
    (
        2,
        "Ahead",
        date(2027, 2, 10),
        {"billing_cycle": "quarterly", "timing": "advance", "anchor_day": 1},
    ),
    (3, "Month", date(2027, 2, 3), {"billing_cycle": "semiannual", "anchor_month": 7}),
    (
        3,
        "Ahead",
        date(2027, 2, 1),
        {
            "billing_cycle": "yearly",
            "timing": "advance",
            "anchor_day": 29,
            "anchor_month": 2,
        },
    ),
    (
        1,
        "Week",
        date(2027, 2, 3),
        {"billing_cycle": "weekly", "date_end": date(2027, 5, 7)},
    ),
    (4, "Month", date(2028, 2, 29), {}),
]


class Company(World):
    """One company: its zone, customers, plans and subscriptions."""

    def __init__(self, case, clock, company, zone):
        self.case, self.clock = case, clock
        self.env, self.company = case.env, company
        self.zone = ZoneInfo(zone)
        self.random = Random(f"{SEED} {zone}")
        company.write(
            {
                "msp_timezone": zone,
                "tax_calculation_rounding_method": "round_per_line",
                "email": "billing@msp.example.com",
            }
        )
        type(case).company = company  # where the test's methods make records
        self.customers = [case._customer(f"{zone} {n}") for n in range(5)]
        rows = {
            "Month": [{"name": "PC", "usage_basis": "average", "unit_price": 31.0}],
            "Ahead": [{"name": "Device", "usage_basis": "end", "unit_price": 12.34}],
            "Week": [{"name": "Seat", "price_period": "cycle", "unit_price": 3.0}],
        }
        plans = {name: case._plan(name, prices=prices) for name, prices in rows.items()}
        for number, plan, start, terms in SUBSCRIPTIONS:
            terms = {"billing_cycle": "monthly", **terms}
            case._subscribe(plans[plan], self.customers[number], start, **terms)
        for customer in self.customers:
            self._computers(customer, 2, date(2027, 1, 1))
        assert len(self.subscriptions) == len(SUBSCRIPTIONS)
        self.proof = Proof(self)
        self.closed = []

    def _computers(self, customer, number, since, **values):
        return self.case._computers(
            customer, number, since, company_id=self.company.id, **values
        )

    def days(self):
        """Give the days on which something is due, and all month ends."""
        found = {FIRST + timedelta(n) for n in range((LAST - FIRST).days)}
        wanted = {day for day in found if (day + timedelta(1)).day == 1}
        for subscription in self.subscriptions:
            wanted |= found & set(boundaries(subscription))
            wanted |= found & {subscription.date_start, subscription.date_end}
            wanted |= found & set(correction_days(subscription, FIRST, LAST))
        wanted |= {last for _first, last in OUTAGES}
        return sorted(day for day in wanted if day < LAST)

    def midnight(self, day):
        """Give the moment in UTC at which a day begins here."""
        local = datetime.combine(day, time(0, 1), self.zone)
        return local.astimezone(timezone.utc) - timedelta(minutes=1)

    def change_history(self, day):
        """Let somebody join or leave, often known too late."""
        if self.random.random() < 0.5:
            return
        customer = self.random.choice(self.customers)
        since = day - timedelta(self.random.randint(0, 40))
        if self.random.random() < 0.6:
            self._computers(customer, 1, since)
        else:
            mine = self.computers.filtered(
                lambda pc: pc.partner_id == customer and not pc.date_to
            )
            leaving = mine.filtered(lambda pc: pc.date_from < since)[:1]
            leaving.date_to = since

    def check_calendar(self):
        """Each period once, without a gap, with the dates of the oracle."""
        for subscription in self.subscriptions:
            live = self.cycles(
                ("subscription_id", "=", subscription.id),
                ("kind", "=", "regular"),
                ("state", "=", "billed"),
            ).sorted("date_start")
            spans = [(cycle.date_start, cycle.date_end) for cycle in live]
            start, end = subscription.date_start, subscription.date_end or date.max
            stops = [b for b in boundaries(subscription) if start < b < end]
            expected = list(pairwise([start, *stops, end]))
            assert spans and spans == expected[: len(spans)], subscription.display_name
            following = expected[len(spans) : len(spans) + 1]
            late = subscription.timing == "arrears"
            for first, last in following:
                assert (last if late else first) >= LAST, (subscription, first, last)

    def check_numbers(self):
        """The numbers of the bills of each year have no gap."""
        moves = self.env["account.move"].search(
            [("company_id", "=", self.company.id), ("msp_run_id", "!=", False)],
            order="id",
        )
        assert moves
        for own in moves.grouped(
            lambda move: (move.sequence_prefix, move.move_type)
        ).values():
            numbers = sorted(own.mapped("sequence_number"))
            assert numbers == list(range(1, len(own) + 1)), own.mapped("name")


@tagged("post_install", "-at_install")
class TestSimulation(MspBillingCommon):
    """The same checks as the state machine, and the calendar, in local time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.companies = [cls.company]
        for number in range(1, len(ZONES)):
            data = cls.setup_other_company(name=f"MSP {number}")
            company = data["company"]
            company.msp_product_id = cls.env["product.product"].create(
                {
                    "name": "Elsewhere",
                    "type": "service",
                    "company_id": company.id,
                    "taxes_id": [Command.set(data["default_tax_sale"].ids)],
                }
            )
            cls.companies.append(company)

    def _run_crons(self):
        """Let the hour's scheduled actions work; return the runs they made."""
        Run = self.env["msp.bill.run"]
        before = Run.search([])
        with self.enter_registry_test_mode():
            for name in ("open_runs", "bill", "remind"):
                cron = self.env.ref(f"msp_billing.ir_cron_{name}").sudo()
                cron.method_direct_trigger()
        self.env.invalidate_all()
        return Run.search([]) - before

    def _deliver(self, runs):
        """Note the bills as mailed, as the mail server would have them."""
        deliveries = runs.move_ids.msp_delivery_ids.sudo()
        deliveries.write({"state": "sent", "date_sent": Datetime.now()})

    def _release(self, world):
        """Release what an outage held; the next hour bills it."""
        held = world.cycles(("state", "=", "held"))
        codes = set(held.mapped("hold_code"))
        assert codes <= {"missed"}, held.mapped("reason")
        if held:
            held.action_release("After the outage")
        return bool(held)

    def _check_runs(self, runs, world, day):
        for run in runs.filtered(lambda run: run.company_id == world.company):
            assert run.date == day, (run.date, day)
            for move in run.move_ids:
                assert move.invoice_date == day, (move.name, move.invoice_date)
            payers = run.move_ids.mapped(lambda m: (m.partner_id, m.invoice_date_due))
            assert len(payers) == len(set(payers)), "one bill for a customer"
            month_ends = (day + timedelta(1)).day == 1
            world.proof.check_run(run, {}, audit=month_ends)

    def _reminders(self, world, day):
        """Each step once, on its day or, after an outage, later."""
        Delivery = self.env["msp.delivery"].sudo()
        found = Delivery.search(
            [("kind", "=", "reminder"), ("company_id", "=", world.company.id)]
        )
        keys = found.mapped(lambda d: (d.move_id, d.step))
        assert len(keys) == len(set(keys))
        for reminder in found - Delivery.concat(*world.closed):
            due = reminder.move_id.invoice_date_due
            assert day >= due + timedelta(reminder.step.days), reminder.move_id.name
        world.closed = [found]
        return len(found)

    def test_months_in_several_time_zones(self):
        clock = freeze_time("2027-01-01 12:00:00")
        frozen = clock.start()
        self.addCleanup(clock.stop)
        worlds = [
            Company(self, frozen, company, zone)
            for company, zone in zip(self.companies, ZONES, strict=True)
        ]
        events = sorted(
            (world.midnight(day), number, day)
            for number, world in enumerate(worlds)
            for day in world.days()
        )
        seen = SimpleNamespace(held=0, reminders=0)
        for moment, number, day in events:
            world = worlds[number]
            world.change_history(day)
            if any(first <= day < last for first, last in OUTAGES):
                continue
            naive = moment.replace(tzinfo=None)
            world.move_to(naive - timedelta(seconds=30))
            early = self._run_crons()
            for run in early:
                self._check_early(run, worlds)
            world.move_to(naive + timedelta(seconds=30))
            assert world.today == day
            self._check_after(self._run_crons(), worlds)
            if self._release(world):
                seen.held += 1
                world.move_to(naive + timedelta(hours=1))
                self._check_after(self._run_crons(), worlds)
            seen.reminders = self._reminders(world, day)
        self.assertGreater(seen.held, 0)
        self.assertGreater(seen.reminders, 0)
        for world in worlds:
            world.check_calendar()
            world.check_numbers()
            world.proof.check_audit()

    def _check_early(self, run, worlds):
        """Before midnight only what was due on the old day is billed."""
        world = next(w for w in worlds if w.company == run.company_id)
        self._check_runs(run, world, world.today)
        self._deliver(run)

    def _check_after(self, runs, worlds):
        for world in worlds:
            self._check_runs(runs, world, world.today)
        self._deliver(runs)
