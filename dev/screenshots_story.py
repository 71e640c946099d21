"""What the pictures show beside the demo: played on a copy of it, in Odoo's shell.

Somebody who begins, a customer in the portal, what leaks.
"""

import datetime
import pathlib
from typing import Any

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command

MANAGER = "msp_billing.group_msp_billing_manager"


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
    env.cr.commit()


def settle(env: Any) -> None:
    """Let nothing be late on a copy that was just taken, and nothing run beside."""
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
