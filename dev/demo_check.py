"""Check the demo's table against its CSV input, counted independently.

``python3 -m dev.demo_check [OUTPUT]``: reads what ``make demo`` has printed, from a
file or from standard input, and the files in ``sample/``. It shares no code with the
add-on nor with the story, and needs nothing but Python.

The rules: a computer is at a customer from the first export that names it there up to
the first that does not. A price counts the computers of its type on the last day
(``end``) or their days divided by the days of the cycle (``average``). A cycle shorter
than the others pays for its part of the days.
"""

import csv
import pathlib
import re
import sys
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

SAMPLE = pathlib.Path(__file__).with_name("sample")
MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}
CENT = 2
Row = dict[str, str]


def rounded(value: Fraction, digits: int) -> Decimal:
    """Return a number rounded half up."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def read(name: str) -> list[Row]:
    """Return the rows of a file of the sample."""
    with (SAMPLE / f"{name}.csv").open(newline="") as source:
        return list(csv.DictReader(source))


def later(day: date, months: int) -> date:
    """Return the same day of another month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, day.day)


class Printed:
    """The table as it was printed."""

    def __init__(self, text: str) -> None:
        found = re.search(r"bill run of (\d{4}-\d\d-\d\d)", text)
        if not found:
            sys.exit("There is no table of a bill run.")
        self.run = date.fromisoformat(found[1])
        lines = text[found.start() :].splitlines()
        rules = [n for n, line in enumerate(lines) if re.fullmatch(r"[- ]*--", line)]
        first, last = rules[:2]
        self.columns = [m.span() for m in re.finditer("-+", lines[first])]
        names = self.cells(lines[first - 1])
        self.rows: dict[tuple[str, str], Row] = {}
        for line in lines[first + 1 : last]:
            row = dict(zip(names, self.cells(line), strict=True))
            self.rows[row["Customer"], row["Plan"]] = row
        totals = [self.cells(line) for line in lines[last + 1 : last + 5]]
        self.totals = {cells[1]: cells for cells in totals}

    def cells(self, line: str) -> list[str]:
        """Return the cells of a line, by the columns of the rule."""
        return [line[start:end].strip() for start, end in self.columns]


class Inventory:
    """Which computers a customer has on a day, by the exports alone."""

    def __init__(self, run: date) -> None:
        customers = {row["ref"]: row for row in read("customers")}
        self.owner = {
            row["organization"]: row["parent"] or ref for ref, row in customers.items()
        }
        files = sorted((SAMPLE / "rmm").glob("*.csv"))
        last = date.fromisoformat(files[-1].stem)
        self.shift = (run.year - last.year) * 12 + run.month - last.month - 1
        self.days = [self.moved(path.stem) for path in files]
        self.exports = [
            {row["Device ID"]: row for row in read(f"rmm/{path.stem}")}
            for path in files
        ]

    def moved(self, text: str) -> date:
        """Return a day of the sample, moved to the days of the run."""
        return later(date.fromisoformat(text), self.shift)

    def on(self, day: date, customer: str) -> Iterator[tuple[str, str]]:
        """Yield the computers of a customer on a day, with their types."""
        number = bisect_right(self.days, day) - 1
        for key, row in self.exports[number].items() if number >= 0 else ():
            if self.owner[row["Organization"]] == customer:
                yield key, row["Device Type"].lower()


class Cycle:
    """The days of a subscription that are due on the day of the run."""

    def __init__(self, row: Row, inventory: Inventory) -> None:
        self.customer, self.inventory = row["customer"], inventory
        self.months = MONTHS[row["cycle"]]
        self.discount = Fraction(row["discount"])
        self.start = inventory.moved(row["start"])
        if self.start.day == int(row["anchor_day"]):
            self.full_start = self.start
        else:
            anchor = self.start.replace(day=int(row["anchor_day"]))
            self.full_start = later(anchor, 1 - self.months)
        self.full_end = later(self.full_start, self.months)
        self.end = inventory.moved(row["end"]) if row["end"] else self.full_end

    @property
    def days(self) -> list[date]:
        """The days that are billed."""
        span = (self.end - self.start).days
        return [self.start + timedelta(number) for number in range(span)]

    @property
    def part(self) -> Fraction:
        """The part of a full cycle that is billed."""
        return Fraction(len(self.days), (self.full_end - self.full_start).days)

    def count(self, price: Row) -> tuple[Fraction, set[str]]:
        """Return the quantity of a price, and the computers behind it."""
        if price["model"] == "flat":
            return Fraction(1), set()
        days = self.days[-1:] if price["counted"] == "end" else self.days
        seen: Counter[str] = Counter()
        for day in days:
            for key, kind in self.inventory.on(day, self.customer):
                seen[key] += price["type"] in ("", kind)
        return Fraction(seen.total(), len(days)), {key for key in seen if seen[key]}

    def amount(self, price: Row, quantity: Fraction) -> Decimal:
        """Return what a price comes to."""
        unit = rounded(Fraction(price["unit_price"]) * self.months * self.part, 6)
        paid = Fraction(rounded(quantity, 2)) * Fraction(unit)
        return rounded(paid * (100 - self.discount) / 100, CENT)


def prices_of(plan: Row) -> list[Row]:
    """Return the prices of a plan; the simple one is for every computer."""
    own = [row for row in read("prices") if row["plan"] == plan["code"]]
    cost = plan["cost_per_computer"]
    if cost:
        own.append(
            {"type": "", "counted": "end", "model": "per_unit", "unit_price": cost}
        )
    return own


class Expected:
    """What the table of a run must say."""

    def __init__(self, run: date) -> None:
        self.run = run
        self.names = {row["ref"]: row["name"] for row in read("customers")}
        self.plans = {row["code"]: row for row in read("plans")}
        self.shares = {
            row["customer"]: Fraction(row["share"]) for row in read("payments")
        }
        self.rows: dict[tuple[str, str], Row] = {}
        self.bills: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.untaxed, self.computers = Decimal(0), 0
        inventory = Inventory(run)
        for row in read("subscriptions"):
            self.add(row, Cycle(row, inventory))

    def add(self, row: Row, cycle: Cycle) -> None:
        """Add the row of a subscription, and its amounts to the bill."""
        plan = self.plans[row["plan"]]
        key = (self.names[row["customer"]], plan["name"])
        if cycle.end > self.run:
            self.rows[key] = unbilled(cycle)
            return
        computers, amounts = rate(cycle, plan)
        taxes = [rounded(Fraction(amount) * tax_rate(), CENT) for amount in amounts]
        self.bills[row["customer"]] += sum(amounts) + sum(taxes)
        self.untaxed += sum(amounts)
        self.computers += len(computers)
        self.rows[key] = {
            "Computers": str(len(computers) or ""),
            "Amount": f"{sum(amounts):,}",
            "Due": str(self.run + timedelta(int(row["due_days"]))),
            "State": state(self.shares.get(row["customer"], Fraction(0))),
        }

    def totals(self) -> dict[str, Decimal]:
        """Return the amounts below the table."""
        billed = sum(self.bills.values(), Decimal(0))
        paid = [
            rounded(share * Fraction(self.bills[ref]), CENT)
            for ref, share in self.shares.items()
        ]
        return {
            "Total": self.untaxed,
            "Sales tax": billed - self.untaxed,
            "Billed": billed,
            "Open": billed - sum(paid),
        }


def unbilled(cycle: Cycle) -> Row:
    """Return the figures of a subscription that is not due yet."""
    blank = {"Computers": "", "Amount": ""}
    return {**blank, "Due": str(cycle.end), "State": "next bill"}


def rate(cycle: Cycle, plan: Row) -> tuple[set[str], list[Decimal]]:
    """Return the computers behind a plan's prices, and the amount of each price."""
    computers, amounts = set(), []
    for price in prices_of(plan):
        quantity, seen = cycle.count(price)
        computers |= seen
        amounts.append(cycle.amount(price, quantity))
    return computers, amounts


def tax_rate() -> Fraction:
    """Return the sales tax, as a part of the amount."""
    values = {row["field"]: row["value"] for row in read("company")}
    return Fraction(values["sales_tax"]) / 100


def state(share: Fraction) -> str:
    """Return what the table says of a bill of which a share was paid."""
    return "sent" + (", paid" if share == 1 else ", part paid" if share else "")


def compare(printed: Printed) -> Iterator[tuple[str, Any, Any]]:
    """Yield what is compared: a name, what was printed, what was counted."""
    expected = Expected(printed.run)
    yield "Other rows", sorted(printed.rows.keys() - expected.rows.keys()), []
    for key, row in expected.rows.items():
        found = printed.rows.get(key, {})
        for column, value in row.items():
            yield ", ".join((*key, column)), found.get(column), value
    yield "Total, Computers", printed.totals["Total"][2], str(expected.computers)
    for name, amount in expected.totals().items():
        yield f"{name}, Amount", printed.totals[name][3], f"{amount:,}"


def main(arguments: list[str]) -> int:
    """Compare, say what differs, and return 1 when something does."""
    text = pathlib.Path(arguments[0]).read_text() if arguments else sys.stdin.read()
    results = list(compare(Printed(text)))
    wrong = [result for result in results if result[1] != result[2]]
    for name, found, counted in wrong:
        sys.stdout.write(f"{name}: {found!r} printed, {counted!r} counted\n")
    passed = len(results) - len(wrong)
    sys.stdout.write(
        f"The table against the CSV files: {passed} passed, {len(wrong)} failed\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
