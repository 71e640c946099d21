"""The same bill, found another way: day by day, and sharing no code with the engine.
Slow and plain on purpose; what it reads is described in ``histories.py``.
"""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

DAY = timedelta(days=1)


def rounded(value, step):
    halves = int(abs(Fraction(value)) / Fraction(step) * 2)
    return Decimal((halves + 1) // 2) * step * (1 if value > 0 else -1)


def is_anchor_day(history, day):
    wanted = history.anchor_day or history.date_start.day
    return day.day == wanted or (day.day < wanted and (day + DAY).day == 1)


def boundaries(history, days):
    """Say for each day whether a full cycle begins on it."""
    if history.billing_cycle == "weekly":
        return {day for day in days if not (day - history.date_start).days % 7}
    anchors = [day for day in days if is_anchor_day(history, day)]
    first = next(day for day in anchors if day >= history.date_start)
    month = history.anchor_month or first.month
    return {day for day in anchors if (day.month - month) % history.months == 0}


def cycles(history):
    """Yield the days served in each cycle, and the part of a price that they cost."""
    first, last = history.date_start.toordinal(), history.date_end.toordinal()
    far = 31 * history.months + 31
    around = [date.fromordinal(n) for n in range(first - far, last + far)]
    begins = boundaries(history, around)
    served, day = [], history.date_start
    while day < history.date_end:
        served.append(day)
        day += DAY
        if day in begins or day == history.date_end:
            full_start = max(begin for begin in begins if begin <= served[0])
            full_end = min(begin for begin in begins if begin >= day)
            part = Fraction(len(served), (full_end - full_start).days)
            yield served, part if history.proration else Fraction(1)
            served = []


def count(history, price, days):
    """Count on each day who is there; after the last known day like on that day."""
    daily = [
        {
            computer.key
            for computer in history.computers
            if computer.date_from <= min(day, history.last_known) < computer.date_to
            and (not price.types or computer.type in price.types)
        }
        for day in days
    ]
    return {
        "end": len(daily[-1]),
        "peak": max(len(there) for there in daily),
        "average": Fraction(sum(len(there) for there in daily), len(days)),
        "unique": len(set().union(*daily)),
        "contracted": history.contracted,
    }[price.usage_basis]


def charges(history, price, days, part):
    """Yield quantity, unit price and amount of each line of one price."""
    quantity = rounded(count(history, price, days), history.quantity_step)
    quantity = max(quantity - price.included, price.minimum)
    quantity = quantity if price.maximum is None else min(quantity, price.maximum)
    lines = [(quantity, price.unit_price)]
    if price.price_model == "flat":
        lines = [(Decimal(1), price.unit_price)]
    elif price.price_model == "package":
        blocks = next(n for n in range(99) if n * price.package_size >= quantity)
        lines = [(Decimal(blocks), price.unit_price)]
    elif price.price_model == "volume":
        lines = [(quantity, next(p for n, p in price.tiers[::-1] if n <= quantity))]
    elif price.price_model == "graduated":
        ends = [*(start for start, _ in price.tiers[1:]), quantity]
        tiers = zip(price.tiers, ends, strict=True)
        parts = [(min(end, quantity) - start, cost) for (start, cost), end in tiers]
        lines = [line for line in parts if line[0] > 0] or parts[:1]
    paid = 1 - Fraction(history.discount) / 100
    part *= 1 if price.price_period == "cycle" else history.months
    for quantity, list_price in lines:
        unit_price = rounded(Fraction(list_price) * part, Decimal("0.000001"))
        exact = Fraction(quantity) * Fraction(unit_price) * paid
        yield quantity, unit_price, rounded(exact, history.currency_step)


def minimum(history, part, amounts):
    """Give what the cycle's charges lack to the plan's minimum amount."""
    due = Fraction(history.minimum_amount) * history.months * part
    return max(rounded(due, history.currency_step) - sum(amounts), Decimal(0))
