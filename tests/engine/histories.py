"""Random subscriptions with the history of their computers."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from hypothesis import strategies as st

MONTHS = {
    "weekly": 0,
    "monthly": 1,
    "bimonthly": 2,
    "quarterly": 3,
    "semiannual": 6,
    "yearly": 12,
}
BASES = ("end", "peak", "average", "unique", "contracted")
MODELS = ("per_unit", "volume", "graduated", "package", "flat")
#: Days that are served at most; enough for two long or some short cycles.
LONGEST = {"weekly": 30, "monthly": 100, "bimonthly": 150}


@dataclass(frozen=True)
class Computer:
    """One stay of a computer: a computer may have several, even on one day."""

    key: int
    type: str
    date_from: date
    date_to: date


@dataclass(frozen=True)
class PlanPrice:
    """A price as an MSP enters it; ``tiers`` are pairs of a start and a price."""

    price_model: str
    usage_basis: str
    unit_price: Decimal
    tiers: tuple
    package_size: Decimal
    included: Decimal
    minimum: Decimal
    maximum: Decimal | None
    price_period: str
    types: frozenset


@dataclass(frozen=True)
class History:
    """A subscription, its prices and its computers.

    After ``last_known`` nothing is known yet: those days count like that day.
    """

    billing_cycle: str
    date_start: date
    date_end: date
    anchor_day: int | None
    anchor_month: int | None
    proration: bool
    last_known: date
    computers: tuple
    contracted: Decimal
    prices: tuple
    discount: Decimal
    minimum_amount: Decimal
    quantity_digits: int
    currency_step: Decimal

    @property
    def months(self):
        return MONTHS[self.billing_cycle]

    @property
    def quantity_step(self):
        return Decimal(1).scaleb(-self.quantity_digits)


def seeded(build):
    """Build a thing from one number: much faster than drawing each of its parts."""
    return st.integers(0, 2**24 - 1).map(lambda seed: build(Random(seed)))


def money(random):
    """Give prices such as 12.50, 61.290323 and 7."""
    highest, places = random.choice([(2000, 2), (90_000_000, 6), (50, 0)])
    return Decimal(random.randint(0, highest)).scaleb(-places)


def computers(random, highest=9):
    """Give no computers as often as some."""
    return Decimal(random.choice([0, random.randint(0, highest)]))


def days(random, first, last):
    return timedelta(days=random.randint(first, last))


def stay(random):
    """Give a joiner, a leaver, one before or after, one on several spans.

    The dates count from the subscription's start.
    """
    date_from = days(random, -40, 80)
    date_to = date_from + timedelta(days=random.choice([0, 1, 9, 30, 60, 90, 400]))
    return random.randint(1, 6), random.choice("WSM"), date_from, date_to


def plan_price(random):
    """Give any price that the engine accepts; few computers reach its tiers."""
    starts = sorted(random.sample(range(1, 12), random.randint(0, 3)))
    minimum = random.choice([Decimal(0), computers(random)])
    return PlanPrice(
        price_model=random.choice(MODELS),
        usage_basis=random.choice(BASES),
        unit_price=money(random),
        tiers=tuple((Decimal(n), money(random)) for n in [0, *starts]),
        package_size=Decimal(random.randint(1, 5)),
        included=random.choice([Decimal(0), computers(random, 3)]),
        minimum=minimum,
        maximum=random.choice([None, None, minimum + computers(random)]),
        price_period=random.choice(["month", "cycle"]),
        types=frozenset(random.choice(["", "", "W", "WS"])),
    )


def date_start(random):
    """Give many month ends, and a leap year's."""
    any_day = date(2023, 1, 1) + days(random, 0, 2191)
    ends = [date(2024, 2, 29), date(2025, 1, 31), date(2026, 2, 10)]
    return random.choice([any_day, any_day, random.choice(ends)])


def frame(random):
    """Give all of a history but its computers and prices."""
    billing_cycle = random.choice(list(MONTHS))
    start = date_start(random)
    served = random.randint(1, LONGEST.get(billing_cycle, 400))
    cents = random.choice([0, 0, random.randint(0, 20_000)])
    percent = random.choice([0, 0, random.randint(0, 10_000)])
    return {
        "billing_cycle": billing_cycle,
        "date_start": start,
        "date_end": start + timedelta(days=served),
        "anchor_day": random.choice([None, None, 1, 10, 15, 28, 29, 30, 31]),
        "anchor_month": random.choice([None, *range(1, 13)]),
        "proration": random.random() < 0.7,
        "last_known": start + days(random, 0, 2 * served),
        "contracted": computers(random, 15) + random.choice([0, Decimal("0.5")]),
        "discount": Decimal(percent).scaleb(-2),
        "minimum_amount": Decimal(cents).scaleb(-2),
        "quantity_digits": random.choice([2, 2, 2, 3, 0]),
        "currency_step": Decimal(random.choice(["0.01", "0.01", "0.05", "1"])),
    }


def possible(price, history):
    """Mend what the engine refuses: blocks of averages, months in a week."""
    if price.price_model == "package" and price.usage_basis == "average":
        price = replace(price, usage_basis="unique")
    if history["billing_cycle"] == "weekly":
        price = replace(price, price_period="cycle")
    return price


def histories(price_model):
    """Draw subscriptions with one or two prices, the first of the given model."""

    def assemble(history, stays, prices):
        start = history["date_start"]
        first = replace(prices[0], price_model=price_model)
        return History(
            computers=tuple(
                Computer(key, kind, start + date_from, start + date_to)
                for key, kind, date_from, date_to in stays
            ),
            prices=tuple(possible(price, history) for price in [first, *prices[1:]]),
            **history,
        )

    stays = st.lists(seeded(stay), max_size=12)
    prices = st.lists(seeded(plan_price), min_size=1, max_size=2)
    return st.builds(assemble, seeded(frame), stays, prices)
