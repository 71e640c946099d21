"""Larger MSPs for the pictures: one with months behind it, one with a run at work."""

import datetime
from itertools import product
from typing import Any

from dateutil.relativedelta import relativedelta

from .screenshots_story import MANAGER, user

ACCOUNTANT = "account.group_account_invoice"
ADDRESS = {"street": "12 Market Street", "city": "Dayton", "zip": "45402"}
FIRST = (
    *("Amber", "Birch", "Cobalt", "Dover", "Elm", "Falcon", "Granite", "Heron"),
    *("Iris", "Jasper", "Kestrel", "Linden", "Maple", "North", "Opal", "Prairie"),
    *("Quarry", "Raven", "Sierra", "Timber", "Union", "Valley", "Willow", "York"),
)
SECOND = (
    *("Bakery", "Dental", "Foods", "Legal", "Logistics", "Media", "Optics"),
    *("Pharmacy", "Realty", "Supply", "Tools", "Travel"),
)
MONTHS = 6
# Customers that were there from the beginning, and how many come in each month.
EARLY, LATER = 18, 3
BEGUN = EARLY + LATER * (MONTHS - 1)


def play(env: Any) -> None:
    """Play both on the copy of the demo, and commit."""
    env = env(user=env.ref("base.user_admin"))
    grown(found(env, "Northgate Managed IT", "larger"))
    crowded(found(env, "Harborview Managed IT", "crowded"))


def found(env: Any, name: str, login: str) -> Any:
    """Make an MSP and its manager; return the environment of its company."""
    company = env["res.company"].create(
        {
            "name": name,
            **ADDRESS,
            "email": f"billing@{name.split()[0].lower()}.example.com",
            "country_id": env.ref("base.us").id,
            "currency_id": env.company.currency_id.id,
            "msp_timezone": "UTC",
        }
    )
    env.user.company_ids += company
    # The chart of accounts is loaded for the company that the user works in.
    env = env(context={"allowed_company_ids": company.ids})
    env["account.chart.template"].try_loading("generic_coa", company)
    company.msp_product_id = env["product.product"].create(
        {"name": "Managed computers", "type": "service", "company_id": company.id}
    )
    company.msp_product_id.taxes_id = company.account_sale_tax_id
    user(env, login, "Morgan", (MANAGER, ACCOUNTANT), company=company)
    return env


def first_day(env: Any) -> datetime.date:
    """Return the first day of the current month."""
    return env.company._msp_today().replace(day=1)


def grown(env: Any) -> None:
    """Bill an MSP that grows, for some months."""
    begin = first_day(env) - relativedelta(months=MONTHS)
    customers = grow(env, begin)
    env.cr.commit()
    for month in range(1, MONTHS + 1):
        bill(env, begin + relativedelta(months=month))
    pay(env, begin + relativedelta(months=MONTHS - 1))
    wander(env, customers)
    work_off(env, "forecast")
    env.cr.commit()


def crowded(env: Any) -> None:
    """Begin the run of an MSP with many customers."""
    run = env["msp.bill.run"].create({"date": first_day(env)})
    many(env, run.date - relativedelta(months=1))
    run.action_start()
    run.action_pause()
    env.cr.commit()


def names() -> list[str]:
    """Return the names of all customers, mixed."""
    pairs = sorted(product(FIRST, SECOND), key=lambda pair: (len(pair[0]), pair[1]))
    return [f"{first} {second}" for first, second in pairs]


def enter(env: Any, rows: list[tuple[str, datetime.date, int]], plan: Any) -> Any:
    """Enter customers with the day of their start and their number of computers."""
    country, kind = (
        env.ref("base.us"),
        env.ref("msp_billing.msp_computer_type_workstation"),
    )
    made = env["res.partner"].create(
        [
            {
                "name": name,
                **ADDRESS,
                "is_company": True,
                "country_id": country.id,
                "company_id": env.company.id,
                "email": f"office@{name.lower().replace(' ', '-')}.example.com",
            }
            for name, _start, _count in rows
        ]
    )
    env["msp.computer"].create(
        [
            {
                "name": f"{partner.name[:3].upper()}-{number:02}",
                "partner_id": partner.id,
                "type_id": kind.id,
                "date_from": start,
            }
            for partner, (_name, start, count) in zip(made, rows, strict=True)
            for number in range(1, count + 1)
        ]
    )
    env["msp.subscription"].create(
        [
            {
                "plan_id": plan.id,
                "partner_id": partner.id,
                "company_id": env.company.id,
                "date_start": start,
                "anchor_day": 1,
                "due_days": 14,
            }
            for partner, (_name, start, _count) in zip(made, rows, strict=True)
        ]
    )
    return made


def new_plan(env: Any, name: str, cost: float) -> Any:
    """Enter a plan."""
    return env["msp.service.plan"].create(
        {"name": name, "cost_per_computer": cost, "company_id": env.company.id}
    )


def grow(env: Any, begin: datetime.date) -> Any:
    """Enter the customers of the first months."""
    rows = []
    for number, name in enumerate(names()[:BEGUN]):
        months = 1 + (number - EARLY) // LATER if number >= EARLY else 0
        count = 4 + number * 7 % 19
        rows.append((name, begin + relativedelta(months=months), count))
    made = enter(env, rows, new_plan(env, "Managed Workplace", 24.0))
    # One has left, and computers came and went.
    leaving = made[4].msp_subscription_ids
    leaving.action_dissociate(begin + relativedelta(months=3))
    for partner in made[6:9]:
        gone = env["msp.computer"].search([("partner_id", "=", partner.id)], limit=2)
        gone.date_to = begin + relativedelta(months=2, days=9)
    return made


def many(env: Any, start: datetime.date) -> None:
    """Enter many customers, so that a run has something to do."""
    rows = [
        (name, start, 3 + number % 9) for number, name in enumerate(names()[BEGUN:])
    ]
    made = enter(env, rows, new_plan(env, "Managed Shop", 17.0))
    # Their bills are held: nobody has entered where they are.
    made[:2].city = False
    env.cr.commit()


def work_off(env: Any, stage: str) -> None:
    """Let a scheduled action work, and see what it has done."""
    env.ref(f"msp_billing.ir_cron_{stage}").method_direct_trigger()
    env.cr.commit()
    env.invalidate_all()


def bill(env: Any, day: datetime.date) -> None:
    """Make the bills of a day."""
    env["msp.bill.run"].create({"date": day}).action_start()
    env.cr.commit()
    work_off(env, "bill")


def pay(env: Any, before: datetime.date) -> None:
    """Let most customers pay what is older than a day, one transfer each."""
    bills = env["account.move"].search(
        [("msp_run_id.date", "<", before), ("company_id", "=", env.company.id)]
    )
    owing = bills.partner_id[:3]
    paid = bills.filtered(lambda move: move.partner_id not in owing)
    env["account.payment.register"].with_context(
        active_model="account.move", active_ids=paid.ids
    ).create({"group_payment": True}).action_create_payments()
    env.cr.commit()


def wander(env: Any, customers: Any) -> None:
    """Let computers appear that no plan covers."""
    kind = env.ref("msp_billing.msp_computer_type_server")
    left = customers[4]
    env["msp.computer"].create(
        {
            "name": "LEFT-SRV-01",
            "partner_id": left.id,
            "type_id": kind.id,
            "date_from": left.msp_subscription_ids.date_end,
        }
    )
    env.cr.commit()
