"""A provider with customers, computers and a plan of two prices, ready to bill."""

from datetime import date

from dateutil.relativedelta import relativedelta

from . import rows

START = date(2024, 1, 1)
WORKSTATION, SERVER = 5.0, 25.0


def month(number: int) -> date:
    """Return the day on which the month ``number``, from 0, is billed."""
    return START + relativedelta(months=number + 1)


def company(env):
    """Give the company accounts, an address and one tax of 15 %; return the tax."""
    own = env.company
    country = env.ref("base.us")
    own.write(
        {
            "msp_timezone": "UTC",
            "street": "1 Main Street",
            "city": "Springfield",
            "country_id": country.id,
            "email": "billing@example.com",
        }
    )
    if not own.chart_template:
        env["account.chart.template"].try_loading("generic_coa", own)
    tax = env["account.tax"].create(
        {"name": "15 % of the benchmark", "amount": 15, "type_tax_use": "sale"}
    )
    own.msp_product_id.taxes_id = tax
    return tax


def customers(env, number: int) -> list[int]:
    """Make customers with an address."""
    partners = rows.customers(env, number)
    env.cr.execute(
        "UPDATE res_partner SET street = '2 Side Street', city = 'Shelbyville', "
        "country_id = %s, email = 'c' || id || '@example.com' WHERE id = ANY(%s)",
        [env.ref("base.us").id, partners],
    )
    env.invalidate_all()
    return partners


def subscriptions(env, partners: list[int], computers: int) -> None:
    """Give every customer computers, one server in five, and the plan."""
    Type = env["msp.computer.type"]
    kinds = {
        code: Type.search([("code", "=", code)]) for code in ("workstation", "server")
    }
    plan = env["msp.service.plan"].create(
        {
            "name": "Care",
            "price_ids": [
                (0, 0, _price("Workstations", kinds["workstation"], WORKSTATION)),
                (0, 0, _price("Servers", kinds["server"], SERVER)),
            ],
        }
    )
    env["msp.computer"].create(
        [
            {
                "name": f"PC-{number:03}",
                "partner_id": partner,
                "type_id": kinds["workstation" if number % 5 else "server"].id,
                "date_from": START,
            }
            for partner in partners
            for number in range(computers)
        ]
    )
    env["msp.subscription"].create(
        [
            {
                "plan_id": plan.id,
                "partner_id": partner,
                "date_start": START,
                "billing_cycle": "monthly",
                "due_days": 14,
                "bill_email": f"c{partner}@example.com",
            }
            for partner in partners
        ]
    )
    env.flush_all()
    env.invalidate_all()


def _price(name, kind, amount):
    return {
        "name": name,
        "unit_price": amount,
        "usage_basis": "average",
        "computer_type_ids": [(6, 0, kind.ids)],
    }


def quantities(computers: int) -> tuple[int, int]:
    """Return the workstations and the servers of a customer."""
    servers = len(range(0, computers, 5))
    return computers - servers, servers


def amount(computers: int) -> float:
    """Return what a customer's bill is to say, before tax."""
    workstations, servers = quantities(computers)
    return workstations * WORKSTATION + servers * SERVER


def start(env, number: int):
    """Start the run of a month; the scheduled action does the work."""
    env.cr.execute("UPDATE res_company SET msp_approval = false")
    run = env["msp.bill.run"].create({"date": month(number)})
    run.action_start()
    env.cr.commit()
    return run


def check(moves, number: int, wanted: float) -> None:
    """Both must make the same bills, or the comparison is worth nothing.

    :param float wanted: untaxed amount of each bill
    :raises AssertionError: when a bill is missing, not posted or says something else
    """
    found = {(move.state, move.amount_untaxed, move.amount_total) for move in moves}
    total = round(wanted * 1.15, 2)
    if len(moves) != number or found != {("posted", wanted, total)}:
        raise AssertionError(f"{len(moves)} of {number} bills: {sorted(found)[:3]}")
    moves.env.invalidate_all()
