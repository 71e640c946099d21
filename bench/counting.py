"""Counting a month, and storing the evidence, beside bare SQL over the same rows."""

from . import rows
from .clock import Race, Watch

CUSTOMERS, COMPUTERS = (10_000,), 100
BASES = ("end", "peak", "average", "unique", "contracted")
# The least that says for all customers what the four bases say.
WINDOW = """
    WITH seen AS (
        SELECT partner_id, computer_id, GREATEST(date_from, %(start)s) AS f,
               LEAST(COALESCE(date_to, %(end)s), %(end)s) AS t
          FROM msp_computer_period
         WHERE date_from < %(end)s AND (date_to IS NULL OR date_to > %(start)s)
    ),
    event AS (
        SELECT partner_id, day, SUM(change) AS change
          FROM (SELECT partner_id, f AS day, 1 AS change FROM seen
                UNION ALL SELECT partner_id, t, -1 FROM seen) e
         GROUP BY partner_id, day
    ),
    level AS (
        SELECT partner_id, day,
               SUM(change) OVER (PARTITION BY partner_id ORDER BY day) AS n
          FROM event
    ),
    total AS (
        SELECT partner_id, SUM(t - f) AS days,
               COUNT(*) FILTER (WHERE t = %(end)s) AS at_end,
               COUNT(DISTINCT computer_id) AS different
          FROM seen GROUP BY partner_id
    )
    SELECT partner_id, days, at_end, different, MAX(n)
      FROM total JOIN level USING (partner_id) GROUP BY 1, 2, 3, 4
"""
CALENDAR = """
    SELECT partner_id, SUM(n), MAX(n), MAX(n) FILTER (WHERE day = %(end)s::date - 1)
      FROM (SELECT p.partner_id, d::date AS day, COUNT(*) AS n
              FROM generate_series(%(start)s::date, %(end)s::date - 1, '1 day') d
              JOIN msp_computer_period p ON p.date_from <= d
               AND (p.date_to IS NULL OR p.date_to > d)
             GROUP BY 1, 2) daily
     GROUP BY partner_id
"""
SPAN = {"start": rows.MONTH, "end": rows.NEXT_MONTH}


def run(env, options) -> list[Race]:
    """Make the month, count it in turns, and store the evidence."""
    partners, cycles = _make(env, options)
    _make_computers(env, partners, options.computers)
    env.cr.commit()
    return [_count(env, cycles, options), _evidence(env, cycles, options)]


def _make(env, options):
    partners = rows.customers(env, options.customers)
    plan = env["msp.service.plan"].create(
        {
            "name": "Every basis",
            "price_ids": [
                (0, 0, {"name": basis, "usage_basis": basis, "unit_price": 5})
                for basis in BASES
            ],
        }
    )
    subscription = env["msp.subscription"].create(
        {
            "plan_id": plan.id,
            "partner_id": partners[0],
            "date_start": rows.MONTH,
            "billing_cycle": "monthly",
            "due_days": 14,
            "bill_email": "bills@example.com",
        }
    )
    partner = f"(ARRAY{partners})[n + 1]"
    subscriptions = rows.repeat(
        subscription, options.customers, partner_id=partner, bill_to_id=partner
    )
    cycle = env["msp.billing.cycle"].create(
        {
            "subscription_id": subscription.id,
            "date_start": rows.MONTH,
            "date_end": rows.NEXT_MONTH,
        }
    )
    cycles = rows.repeat(
        cycle,
        options.customers,
        partner_id=partner,
        subscription_id=f"(ARRAY{subscriptions})[n + 1]",
    )
    return partners, cycles


def _make_computers(env, partners, number):
    """COPY the computers of the customers, and their periods."""
    kinds = env["msp.computer.type"].search([], limit=5).ids
    company, month = env.company.id, rows.month(number)
    count = month[-1][0] + 1
    last = {computer: row for row in month for computer in row[:1]}
    computers, periods = [], []
    env.cr.execute("SELECT COALESCE(MAX(id), 0) FROM msp_computer")
    first = env.cr.fetchone()[0] + 1
    for place, partner in enumerate(partners):
        base = first + place * count
        computers += [
            (base + n, f"PC-{n:03}", company, partner, kinds[last[n][1]], True)
            for n in range(count)
        ]
        periods += [
            (base + n, company, partner, kinds[kind], since, until)
            for n, kind, since, until in month
        ]
    names = ("id", "name", "company_id", "partner_id", "type_id", "active")
    rows.copy(env.cr, "msp_computer", names, rows.text(computers))
    env.cr.execute(
        "SELECT setval('msp_computer_id_seq', (SELECT MAX(id) FROM msp_computer))"
    )
    names = (
        *("computer_id", "company_id", "partner_id", "type_id"),
        *("date_from", "date_to"),
    )
    rows.copy(env.cr, "msp_computer_period", names, rows.text(periods))
    env.cr.execute("ANALYZE")


def _count(env, cycle_ids, options) -> Race:
    race = Race(
        f"Counting: a month of {options.customers:,} customers on every basis",
        options.customers * options.computers,
        "computer periods",
    )
    found = {}

    def window():
        env.cr.execute(WINDOW, SPAN)
        found["bare"] = env.cr.fetchall()

    def calendar():
        env.cr.execute(CALENDAR, SPAN)
        env.cr.fetchall()

    def measure():
        env.invalidate_all()
        cycles = env["msp.billing.cycle"].browse(cycle_ids)
        watch = Watch()
        with watch:
            prices = {cycle: cycle.plan_id.price_ids for cycle in cycles}
            found["ours"] = env["msp.usage"]._measure(cycles, prices)
        return watch.seconds

    methods = {"bare SQL, window": window, "_measure": measure}
    if options.customers <= 1000 or options.rounds == 1:
        methods["bare SQL, calendar"] = calendar
    race.run(options.rounds, methods)
    _check(env, cycle_ids, found)
    return race


def _check(env, cycle_ids, found):
    """Both must say the same, or the comparison is worth nothing."""
    bare = {row[0]: row[1:] for row in found["bare"]}
    for cycle in env["msp.billing.cycle"].browse(cycle_ids):
        days, at_end, different, peak = bare[cycle.partner_id.id]
        wanted = {"end": at_end, "peak": peak, "average": days, "unique": different}
        for price in cycle.plan_id.price_ids:
            usage = found["ours"][cycle.id, price.id]
            basis = price.usage_basis
            if basis == "contracted":
                continue
            quantity = usage.quantity(basis) * (usage.days if basis == "average" else 1)
            if quantity != wanted[basis]:
                raise AssertionError(f"{cycle}: {basis} {quantity}, {wanted[basis]}")


def _evidence(env, cycle_ids, options) -> Race:
    race = Race(
        "Evidence: the computers behind a price of every customer",
        options.customers * options.computers,
        "computer periods",
    )
    cycles = env["msp.billing.cycle"].browse(cycle_ids)
    price = cycles.plan_id.price_ids.filtered(lambda p: p.usage_basis == "average")
    prices = dict.fromkeys(cycles, price)
    usages = env["msp.usage"]._measure(cycles, prices)
    charge = env["msp.charge"].create(
        {
            "cycle_id": cycle_ids[0],
            "kind": "recurring",
            "price_id": price.id,
            "product_id": env.ref("msp_billing.product_managed_computer").id,
            "name": "x",
            "quantity": 1,
            "unit_price": 5,
            "amount": 5,
        }
    )
    ids = rows.repeat(charge, len(cycles), cycle_id=f"(ARRAY{cycle_ids})[n + 1]")
    charges = {
        (cycle.id, price.id): env["msp.charge"].browse(ref)
        for cycle, ref in zip(cycles, ids, strict=True)
    }
    env.cr.commit()

    def ours():
        watch = Watch()
        with watch:
            env["msp.usage"]._store_evidence(cycles, prices, charges, usages)
        if not options.done:
            _keep(env)
            options.done = True
        env.cr.rollback()
        return watch.seconds

    def bare():
        watch = Watch()
        with watch:
            env.cr.execute("INSERT INTO msp_charge_computer SELECT * FROM kept")
        env.cr.rollback()
        return watch.seconds

    options.done = False
    ours()
    race.run(max(1, options.rounds // 2), {"INSERT of the rows": bare, "ours": ours})
    return race


def _keep(env):
    """Keep the rows that were stored, for whoever inserts the same ones."""
    env.cr.execute(
        "CREATE UNLOGGED TABLE kept AS SELECT * FROM msp_charge_computer "
        "ORDER BY id; TRUNCATE msp_charge_computer; ANALYZE kept"
    )
    env.cr.commit()
