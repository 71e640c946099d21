"""Taking in deliveries, beside COPY of the same rows."""

import random
from datetime import date, timedelta

from . import rows
from .clock import Race, Watch

CUSTOMERS, COMPUTERS = (10_000,), 100
DAY = date(2026, 4, 1)
CHUNK = 500  # snapshots that are made at a time, outside of the clock
COMPUTER = (
    *("external_key", "name", "type_id", "serial", "last_contact", "active"),
    *("company_id", "partner_id", "date_from", "source_id", "source_customer_id"),
    *("reported_at", "create_uid", "create_date", "write_uid", "write_date", "id"),
)
PERIOD = (
    *("computer_id", "company_id", "partner_id", "type_id", "date_from"),
    *("create_uid", "create_date", "write_uid", "write_date"),
)
TABLES = "msp_computer_period, msp_computer, msp_source_sync"


class Fleet:
    """Customers of a source with their computers, as they are delivered."""

    def __init__(self, env, options):
        self.env, self.number = env, options.computers
        self.source = env["msp.source"].create({"name": "RMM", "code": "rmm"})
        self.partners = rows.customers(env, options.customers)
        first = env["msp.source.customer"].create(
            {
                "source_id": self.source.id,
                "external_key": "C0",
                "partner_id": self.partners[0],
            }
        )
        self.maps = rows.repeat(
            first,
            options.customers,
            external_key="'C' || n",
            partner_id=f"(ARRAY{self.partners})[n + 1]",
        )
        self.kinds = env["msp.computer.type"].search([], limit=5)
        env.cr.commit()
        self.codes = self.kinds.mapped("code")

    def snapshot(self, place, day=DAY, changed=(), contact=True):
        """Return the snapshot of one customer; ``changed`` are renamed."""
        seen = f"{day}T09:30:00Z"
        return {
            "customer": f"C{place}",
            "taken_at": f"{day}T10:00:00Z",
            "complete": True,
            "computers": [
                {
                    "key": f"{place}-{n}",
                    "name": f"PC-{n:03}{'x' if (place, n) in changed else ''}",
                    "type": self.codes[n % 5],
                    "serial": f"SN{place:06}{n:04}",
                    "last_contact": seen if contact else None,
                }
                for n in range(self.number)
            ],
        }

    def snapshots(self, places, **values):
        """Yield the snapshots of customers in chunks."""
        places = list(places)
        for start in range(0, len(places), CHUNK):
            some = places[start : start + CHUNK]
            yield [self.snapshot(place, **values) for place in some]

    def clear(self):
        """Forget all computers and deliveries."""
        self.env.cr.execute(f"TRUNCATE {TABLES} CASCADE")
        self.env.cr.execute(
            "UPDATE msp_source_customer SET last_taken_at = NULL, "
            "last_complete_at = NULL"
        )
        self.env.cr.commit()
        self.env.invalidate_all()


def run(env, options) -> list[Race]:
    """Deliver all computers for the first time, then some of them every day."""
    fleet = Fleet(env, options)
    return [_first(fleet, options), *_daily(fleet, options)]


# === FIRST DELIVERY === #
def _first(fleet, options) -> Race:
    count = options.customers * options.computers
    race = Race(f"First delivery: {options.customers:,} snapshots", count, "computers")
    methods = {
        "COPY into computers and periods": lambda: _copy(fleet, options.customers),
        "ingest_many": lambda: _many(fleet, options.customers),
        "ingest, each with its commit": lambda: _single(fleet, options.customers),
    }
    race.run(max(1, options.rounds // 3), methods)
    return race


def _copy(fleet, number):
    fleet.clear()
    cr, watch = fleet.env.cr, Watch()
    kinds, company = fleet.kinds.ids, fleet.env.company.id
    stamp = (1, "2026-04-01 10:00:00", 1, "2026-04-01 10:00:00")
    for start in range(0, number, CHUNK):
        computers, periods = [], []
        for place in range(start, min(start + CHUNK, number)):
            partner, source_customer = fleet.partners[place], fleet.maps[place]
            for n in range(fleet.number):
                ref = place * fleet.number + n + 1
                kind = kinds[n % 5]
                about = (f"{place}-{n}", f"PC-{n:03}", kind, f"SN{place:06}{n:04}")
                seen = ("2026-04-01 09:30:00", True, company, partner, DAY)
                told = (fleet.source.id, source_customer, "2026-04-01 10:00:00")
                computers.append((*about, *seen, *told, *stamp, ref))
                periods.append((ref, company, partner, kind, DAY, *stamp))
        texts = rows.text(computers), rows.text(periods)
        with watch:
            rows.copy(cr, "msp_computer", COMPUTER, texts[0])
            rows.copy(cr, "msp_computer_period", PERIOD, texts[1])
    with watch:
        cr.commit()
    return watch.seconds


def _many(fleet, number):
    fleet.clear()
    watch = Watch()
    for snapshots in fleet.snapshots(range(number)):
        with watch:
            _check(fleet.source.ingest_many(snapshots), "added")
    with watch:
        fleet.env.cr.commit()
    return watch.seconds


def _single(fleet, number):
    fleet.clear()
    watch = Watch()
    for snapshots in fleet.snapshots(range(number)):
        for snapshot in snapshots:
            with watch:
                answer = fleet.source.ingest(snapshot)
                fleet.env.cr.commit()
            _check([answer], "added")
    fleet.env.cr.execute("ANALYZE")
    fleet.env.cr.commit()
    return watch.seconds


def _check(answers, what):
    """Every computer must have been taken in, or the times are worth nothing."""
    for answer in answers:
        if answer.get("rejected") != [] or not answer[what]:
            raise AssertionError(answer)


# === EVERY DAY === #
def _daily(fleet, options) -> list[Race]:
    """Deliver a fifth of the customers again, one computer in a hundred renamed."""
    number = max(1, options.customers // 5)
    title = "Daily delivery, 1 % changed"
    races, state = [], {"day": DAY + timedelta(days=1)}
    for contact in (True, False):
        what = "every last contact new" if contact else "no last contact reported"
        race = Race(f"{title}, {what}", number * options.computers, "computers")
        methods = {
            "COPY of the rows into a temporary table": (
                lambda contact=contact: _temporary(fleet, number, state, contact)
            ),
            "ingest_many": (
                lambda contact=contact: _again(fleet, number, state, contact, many=True)
            ),
            "ingest, each with its commit": (
                lambda contact=contact: _again(
                    fleet, number, state, contact, many=False
                )
            ),
        }
        race.run(options.rounds, methods)
        races.append(race)
    return races


def _changed(fleet, number, day):
    """Return another hundredth of the computers each day."""
    dice = random.Random(str(day))
    all_of_them = number * fleet.number
    return {
        divmod(ref, fleet.number)
        for ref in dice.sample(range(all_of_them), max(1, all_of_them // 100))
    }


def _temporary(fleet, number, state, contact):
    cr, watch = fleet.env.cr, Watch()
    cr.execute(
        "CREATE TEMPORARY TABLE delivered (customer varchar, key varchar, "
        "name varchar, type varchar, serial varchar, last_contact timestamptz)"
    )
    for snapshots in fleet.snapshots(range(number), day=state["day"], contact=contact):
        with watch:
            found = [
                (each["customer"], *row.values())
                for each in snapshots
                for row in each["computers"]
            ]
            names = ("customer", "key", "name", "type", "serial", "last_contact")
            rows.copy(cr, "delivered", names, rows.text(found))
    with watch:
        cr.commit()
    cr.execute("DROP TABLE delivered")
    cr.commit()
    return watch.seconds


def _again(fleet, number, state, contact, many):
    day = state["day"]
    state["day"] += timedelta(days=1)
    changed, watch = _changed(fleet, number, day), Watch()
    values = {"day": day, "changed": changed, "contact": contact}
    for snapshots in fleet.snapshots(range(number), **values):
        if many:
            with watch:
                answers = fleet.source.ingest_many(snapshots)
        else:
            answers = []
            for snapshot in snapshots:
                with watch:
                    answers.append(fleet.source.ingest(snapshot))
                    fleet.env.cr.commit()
        for answer in answers:
            if answer["unchanged"] + answer["changed"] != fleet.number:
                raise AssertionError(answer)
    with watch:
        fleet.env.cr.commit()
    return watch.seconds
