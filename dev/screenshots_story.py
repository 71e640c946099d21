"""What the pictures show beside the demo: played on a copy of it, in Odoo's shell.

Somebody who begins, a customer in the portal, what leaks, and a larger MSP with some
months behind it and a run to go on with.
"""

import datetime
import pathlib
from itertools import product
from typing import Any

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command

MANAGER = "msp_billing.group_msp_billing_manager"
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
BEGUN = EARLY + LATER * (MONTHS - 2)


def play(env: Any, folder: str) -> None:
    """Play all scenes on the copy of the demo, and commit.

    :param folder: where the documents go
    """
    env = env(user=env.ref("base.user_admin"))
    beginner(env)
    portal(env)
    dispute(env)
    statement(env, pathlib.Path(folder))
    leaks(env)
    larger(env)
    # Nothing is late on a copy that was just taken, and nothing runs beside.
    soon = fields.Datetime.add(fields.Datetime.now(), hours=1)
    env["ir.cron"].search([]).write({"nextcall": soon})
    env["ir.cron.trigger"].search([]).unlink()
    env.cr.commit()


def user(env: Any, login: str, name: str, groups: tuple[str, ...], **vals: Any) -> Any:
    """Make a user with these groups whose password is the login."""
    company = vals.pop("company", env.company)
    return env["res.users"].create(
        {
            "name": name,
            "login": login,
            "password": login,
            "company_id": company.id,
            "company_ids": [Command.set(company.ids)],
            "group_ids": [Command.set([env.ref(group).id for group in groups])],
            **vals,
        }
    )


def beginner(env: Any) -> None:
    """Let somebody begin in a company that has nothing yet."""
    company = env["res.company"].create(
        {"name": "New MSP", "currency_id": env.company.currency_id.id}
    )
    groups = (MANAGER, "base.group_erp_manager")
    user(env, "beginner", "Robin", groups, company=company)


def customer(env: Any, ref: str) -> Any:
    """Return a customer of the demo by its number."""
    return env["res.partner"].search([("ref", "=", ref)])


def portal(env: Any) -> None:
    """Let somebody at a customer with sites into the portal."""
    contact = env["res.partner"].create(
        {
            "name": "Lena Ortiz",
            "email": "lena@meridianlog.example.com",
            "parent_id": customer(env, "C-1003").id,
        }
    )
    user(env, "portal", contact.name, ("base.group_portal",), partner_id=contact.id)


def bill_of(env: Any, ref: str) -> Any:
    """Return the bill of a customer of the demo."""
    owner = customer(env, ref)
    bills = env["account.move"].search(
        [("msp_run_id", "!=", False), ("commercial_partner_id", "=", owner.id)]
    )
    return bills[:1]


def dispute(env: Any) -> None:
    """Let a customer say that a line looks wrong."""
    bill = bill_of(env, "C-1009")
    charges = bill.msp_cycle_ids.charge_ids
    bill._msp_dispute(
        max(charges, key=lambda charge: charge.computer_ids and charge.amount),
        "Two of these workstations went to our new clinic, which has its own contract.",
        bill.partner_id,
    )


def statement(env: Any, folder: pathlib.Path) -> None:
    """Write the statement of a customer who has paid a part."""
    report = env["ir.actions.report"]._render_qweb_pdf(
        "msp_billing.report_statement", customer(env, "C-1009").ids
    )
    (folder / "statement.pdf").write_bytes(report[0])


def leaks(env: Any) -> None:
    """Let the tool report customers that nobody knows, and computers without a plan."""
    source = env["msp.source"].search([], limit=1)
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    for organization, count in (("Orchard Hill School", 14), ("Bayside Motors", 5)):
        computers = [
            {"key": f"{organization}-{n}", "name": f"PC-{n:02}", "type": "workstation"}
            for n in range(1, count + 1)
        ]
        # Who that is nobody has said, so it is refused; that is noted afterwards.
        env.cr.commit()
        try:
            source.ingest(
                {
                    "customer": organization,
                    "taken_at": now.isoformat(),
                    "complete": True,
                    "computers": computers,
                }
            )
        except UserError:
            env.cr.rollback()
    Computer = env["msp.computer"]
    covered = Computer.search(
        [("partner_id", "=", customer(env, "C-1006").id)], limit=1
    )
    covered.serial = covered.serial or "5CG1042K7Q"
    juniper = customer(env, "C-1011")
    kind = env.ref("msp_billing.msp_computer_type_server")
    Computer.create(
        [
            {
                "name": name,
                "partner_id": owner.id,
                "type_id": kind.id,
                "date_from": now.date() - relativedelta(months=1),
                "serial": serial,
            }
            for name, owner, serial in (
                ("JUN-SRV-01", juniper, "7H2KQ13"),
                ("ALDER-SPARE", covered.partner_id, covered.serial),
            )
        ]
    )


def larger(env: Any) -> None:
    """Bill a larger MSP for some months, and begin the next run."""
    company = env["res.company"].create(
        {
            "name": "Northgate Managed IT",
            **ADDRESS,
            "email": "billing@northgate.example.com",
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
    user(env, "larger", "Morgan", (MANAGER, ACCOUNTANT), company=company)
    begin = env.company._msp_today().replace(day=1) - relativedelta(months=MONTHS)
    customers = grow(env, begin)
    env.cr.commit()
    for month in range(1, MONTHS):
        bill(env, begin + relativedelta(months=month))
    pay(env, begin + relativedelta(months=MONTHS - 2))
    wander(env, customers)
    work_off(env, "forecast")
    run = env["msp.bill.run"].create({"date": begin + relativedelta(months=MONTHS)})
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
