"""Whatever an MSP does in whatever order: bills and corrections are the oracle's."""

from datetime import date

from conftest import LONG, SEED
from freezegun import freeze_time
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from proof import Proof
from world import PRICES, WEEKLY, Refused, World

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.msp_billing.tests.common import MspBillingCommon

FIRST_DAYS = [date(2026, 1, 31), date(2026, 5, 10), date(2028, 2, 29), date(2027, 1, 1)]
#: Making a failing example shorter takes minutes.
PHASES = [Phase.generate] + ([Phase.shrink] if LONG else [])
PAST = st.integers(-70, 3)
pick = st.integers(0, 20)
partners = st.integers(0, 3)
kinds = st.integers(0, 1)
catalogue = st.lists(
    st.tuples(
        st.integers(0, len(PRICES) - 1), st.sampled_from([(), (), (0,), (1,), (0, 1)])
    ),
    min_size=1,
    max_size=3,
)


def _agreement(plan, cycle, **terms):
    return {"plan": plan, "billing_cycle": "weekly" if plan else cycle, **terms}


agreements = st.builds(
    _agreement,
    plan=st.sampled_from([0, 0, 0, 1]),
    partner=partners,
    offset=st.integers(-45, 5),
    cycle=st.sampled_from(["monthly", "monthly", "quarterly", "bimonthly"]),
    timing=st.sampled_from(["arrears", "advance"]),
    anchor_day=st.sampled_from([0, 0, 1, 15, 31]),
    proration=st.sampled_from(["daily", "daily", "daily", "none"]),
    count_source=st.sampled_from(["inventory"] * 3 + ["reading", "contracted"]),
    discount=st.sampled_from([0, 0, 12.5, 33.33]),
    include_sites=st.sampled_from([True, True, False]),
)


class Machine(RuleBasedStateMachine):
    """The acts, each followed by the checks that it calls for."""

    case = None
    clock = None

    def __init__(self):
        super().__init__()
        self.savepoint = self.case.env.cr.savepoint(flush=True)
        self.clock.move_to("2026-01-31 12:00:00")
        self.world = World(self.case, self.clock)
        self.proof = Proof(self.world)

    def teardown(self):
        self.savepoint.close(rollback=True)
        self.case.env.invalidate_all(flush=False)

    def _try(self, method, *arguments, **values):
        """Let the add-on refuse; say so, to read a failing example."""
        try:
            return self.world.act(method, *arguments, **values)
        except Refused as refusal:
            note(f"refused: {refusal}")
            return None

    def _one(self, records, number):
        return records[number % len(records)]

    # === THE START === #
    @initialize(
        first=st.sampled_from(FIRST_DAYS),
        monthly=catalogue,
        weekly=catalogue,
        minimum=st.sampled_from([0, 0, 20]),
        computers=st.lists(st.tuples(partners, kinds), min_size=1, max_size=5),
        agreed=st.lists(agreements, min_size=1, max_size=3),
    )
    def start(self, first, monthly, weekly, minimum, computers, agreed):
        self.clock.move_to(f"{first} 12:00:00")
        for name, prices, chosen, least in (
            ("Care", PRICES, monthly, minimum),
            ("Watch", WEEKLY, weekly, 0),
        ):
            rows = [(prices[number], types) for number, types in chosen]
            self.world.add_plan(name, rows, least)
        for partner, kind in computers:
            self._add(partner, kind, -40)
        for terms in agreed:
            self._associate(**terms)

    def _add(self, partner, kind, offset, days=None):
        customer = self.world.partners[partner]
        return self._try(
            self.case._computers,
            customer,
            1,
            self.world.day(offset),
            self.world.types[kind],
            date_to=self.world.day(offset + days) if days else False,
        )

    # === SUBSCRIPTIONS === #
    def _associate(self, plan, partner, offset, **terms):
        plan = self.world.plans[plan]
        counted = plan.price_ids.filtered(lambda price: price.price_model != "flat")
        agreed = [
            (0, 0, {"price_id": price.id, "contracted_quantity": 2})
            for price in counted
        ]
        return self._try(
            self.case._subscribe,
            plan,
            self.world.partners[partner],
            self.world.day(offset),
            price_override_ids=agreed,
            **terms,
        )

    @rule(terms=agreements)
    def associate(self, terms):
        self._associate(**terms)

    @precondition(lambda self: self.world.subscriptions)
    @rule(number=pick, offset=st.integers(-50, 20))
    def dissociate(self, number, offset):
        subscription = self._one(self.world.subscriptions, number)
        day = self.world.day(offset)
        self._try(subscription.action_dissociate, day, "A reason")

    @precondition(lambda self: self.world.subscriptions.filtered("date_end"))
    @rule(number=pick, offset=st.sampled_from([None, 5, 40]))
    def move_the_end(self, number, offset):
        ended = self.world.subscriptions.filtered("date_end")
        day = offset and self.world.day(offset)
        self._try(self._one(ended, number).write, {"date_end": day or False})

    @precondition(lambda self: self.world.subscriptions)
    @rule(
        number=pick,
        discount=st.sampled_from([0, 10, 50]),
        quantity=st.sampled_from([0, 1, 2.5]),
        price=st.sampled_from([0, 2.2]),
    )
    def change_terms(self, number, discount, quantity, price):
        subscription = self._one(self.world.subscriptions, number)
        self._try(subscription.write, {"discount": discount})
        override = subscription.price_override_ids[:1]
        if override:
            values = {"contracted_quantity": quantity, "minimum_quantity": quantity}
            if price and override.price_id.price_model not in ("volume", "graduated"):
                values["unit_price"] = price
            self._try(override.write, values)

    @precondition(lambda self: self.world.subscriptions)
    @rule(number=pick, offset=st.integers(-5, 20), quantity=st.sampled_from([1, -3]))
    def charge_extra(self, number, offset, quantity):
        subscription = self._one(self.world.subscriptions, number)
        extra = {
            "name": "Cable",
            "date": self.world.day(offset),
            "quantity": quantity,
            "unit_price": 11.11,
        }
        self._try(subscription.write, {"extra_charge_ids": [(0, 0, extra)]})

    # === PRICES === #
    @rule(number=pick, plan=st.integers(0, 1), offset=st.integers(-60, 30))
    def replace_price(self, number, plan, offset):
        prices = self.world.plans[plan].price_ids
        changes = {"unit_price": 6.66 + number}
        try:
            self.world.replace_price(self._one(prices, number), offset, changes)
        except Refused as refusal:
            note(f"refused: {refusal}")

    @rule(minimum=st.sampled_from([0, 15, 150]))
    def change_minimum(self, minimum):
        self._try(self.world.plans[0].write, {"minimum_amount": minimum})

    # === HISTORY === #
    @rule(
        partner=partners, kind=kinds, offset=PAST, days=st.sampled_from([None, 1, 25])
    )
    def add_computer(self, partner, kind, offset, days):
        self._add(partner, kind, offset, days)

    @rule(partner=partners, keys=st.sets(st.integers(0, 3)), complete=st.booleans())
    def report(self, partner, keys, complete):
        try:
            self.world.report(partner, keys, complete)
        except Refused as refusal:
            note(f"refused: {refusal}")

    @precondition(lambda self: self.world.computers)
    @rule(number=pick, first=PAST, days=st.sampled_from([None, 1, 10, 40]))
    def correct_dates(self, number, first, days):
        since = self.world.day(first)
        until = self.world.day(first + days) if days else False
        computer = self._one(self.world.computers, number)
        self._try(computer.write, {"date_from": since, "date_to": until})

    @precondition(lambda self: self.world.computers)
    @rule(number=pick, partner=partners, kind=kinds, offset=PAST)
    def move(self, number, partner, kind, offset):
        computer = self._one(self.world.computers, number)
        who, what = self.world.partners[partner], self.world.types[kind]
        self._try(computer.action_move, who, what, self.world.day(offset))

    @rule(partner=partners, kind=kinds, offset=PAST, quantity=st.integers(0, 6))
    def read_count(self, partner, kind, offset, quantity):
        try:
            self.world.read_count(partner, kind, offset, quantity)
        except Refused as refusal:
            note(f"refused: {refusal}")

    # === RUNS === #
    @rule(days=st.sampled_from([1, 7, 15, 31, 31, 31, 62]))
    def days_pass_and_the_run_opens(self, days):
        self.world.pass_days(days)
        for run in self.world.run_by_cron():
            self.proof.check_run(run, {})

    @rule(days=st.sampled_from([0, 1, 20, 31]), late=st.sampled_from([0, 0, 3]))
    def days_pass_and_a_manager_bills(self, days, late):
        self.world.pass_days(days)
        run, shown = self.world.run(self.world.day(-late), preview=True)
        self.proof.check_run(run, shown)
        self.proof.check_again(run)

    @rule(days=st.sampled_from([3, 40, 130]))
    def nobody_bills_for_a_while(self, days):
        self.world.pass_days(days)

    @precondition(lambda self: self.world.cycles(("state", "=", "held")))
    @rule()
    def release(self):
        held = self.world.cycles(("state", "=", "held"))
        self._try(held.action_release, "Let it go")

    # === BILLS === #
    @precondition(lambda self: self.world.bills)
    @rule(number=pick, again=st.booleans())
    def void(self, number, again):
        self._try(self._one(self.world.bills, number).action_msp_void, again, "Wrong")
        self.proof.check_audit()

    @precondition(lambda self: self.world.bills)
    @rule(number=pick, share=st.sampled_from([0.3, 1]))
    def pay(self, number, share):
        bill = self._one(self.world.bills, number)
        if bill.amount_residual:
            self.world.pay(bill, share)
        self.proof.check_audit()

    @precondition(lambda self: self.world.bills)
    @rule(number=pick)
    def reverse(self, number):
        self.world.reverse(self._one(self.world.bills, number))
        self.proof.check_audit()

    @rule(partner=partners)
    def archive_or_restore(self, partner):
        customer = self.world.partners[partner]
        self._try(customer.write, {"active": not customer.active})


@tagged("post_install", "-at_install")
class TestStateMachine(MspBillingCommon):
    """Run the machine: a failing example is printed as the calls that lead to it."""

    @mute_logger("odoo.addons.msp_billing.models.msp_bill_run_failure")
    def test_bills_and_corrections_are_those_of_the_oracle(self):
        clock = freeze_time("2026-01-31 12:00:00")
        frozen = clock.start()
        self.addCleanup(clock.stop)
        machine = type("Machine", (Machine,), {"case": self, "clock": frozen})
        run_state_machine_as_test(
            seed(SEED)(machine),
            settings=settings(
                max_examples=300 if LONG else 6,
                stateful_step_count=50 if LONG else 20,
                database=None,
                deadline=None,
                print_blob=True,
                phases=PHASES,
                suppress_health_check=list(HealthCheck),
            ),
        )
