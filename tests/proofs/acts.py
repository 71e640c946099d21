"""What people and agents do in an MSP, as rules: all but the billing itself."""

from datetime import date, datetime

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)
from proof import Proof
from world import NOON, PRICES, WEEKLY, Refused, World

#: All in the past: what is written by SQL has the time of the machine.
FIRST_DAYS = [date(2018, 1, 31), date(2018, 5, 10), date(2020, 2, 29), date(2019, 1, 1)]
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


class Acts(RuleBasedStateMachine):
    """The acts on customers, plans, subscriptions and the history of computers."""

    case = None
    clock = None

    def __init__(self):
        super().__init__()
        self.savepoint = self.case.env.cr.savepoint(flush=True)
        self.world = World(self.case, self.clock)
        self.world.move_to(datetime.combine(FIRST_DAYS[0], NOON))
        self.proof = Proof(self.world)
        self.waiting = []

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
        self.world.move_to(datetime.combine(first, NOON))
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

    @rule(site=st.sampled_from([2, 3]), parent=st.integers(0, 2))
    def move_site(self, site, parent):
        """Give a site another parent: what is billed stays with the old one."""
        who, below = self.world.partners[site], self.world.partners[parent]
        if who != below:
            self._try(who.write, {"parent_id": below.id})
