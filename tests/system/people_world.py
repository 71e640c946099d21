"""The MSP whose screens are looked at: made inside a process of Odoo.

The small MSP of ``run_world`` with something on every screen: a previewed run with
corrections and a held cycle, a disputed bill, a customer's clerk in the portal, and a
company that has only begun.
"""

import run_world

CLERK, BEGINNER = "clerk", "beginner"
MANAGER = "msp_billing.group_msp_billing_manager"
# What the clerk says, long enough for several lines on a phone.
WRONG = (
    "Alder-workstation-1 was scrapped in December, before this bill began; please look "
    "at the protocol that we have sent to support@msp.example.com on 12 December."
)


def make(env):
    """Make everything, and commit."""
    run_world.make_small(env)
    alder = env["res.partner"].search([("name", "=", "Alder")])
    clerk = user(env, CLERK, "base.group_portal")
    clerk.partner_id.parent_id = alder
    # Too long for a narrow screen when nothing wraps.
    computer = env["msp.computer"].search([("partner_id", "=", alder.id)], limit=1)
    computer.write(
        {
            "name": "ALDER-ACCOUNTING-DEPARTMENT-WORKSTATION-0001",
            "serial": "SN-0123456789-ABCDEFGHIJ-0123456789",
        }
    )
    bill = alder.msp_subscription_ids.cycle_ids.move_id
    charge = bill._msp_disputable_charges()[:1]
    bill._msp_dispute(charge, WRONG, clerk.partner_id)
    env["msp.bill.run"].create({"date": run_world.TODAY}).action_preview()
    begin(env)
    env["ir.qweb"]._pregenerate_assets_bundles()
    env.cr.commit()


def user(env, login, *groups, company=None):
    """Make a user whose password is the login."""
    company = company or env.company
    return (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            {
                "name": login.title(),
                "login": login,
                "password": login,
                "email": f"{login}@example.com",
                "company_id": company.id,
                "company_ids": [(6, 0, company.ids)],
                "group_ids": [(6, 0, [env.ref(group).id for group in groups])],
            }
        )
    )


def begin(env):
    """Let somebody begin in a company that has nothing yet."""
    company = env["res.company"].create(
        {"name": "New MSP", "currency_id": env.company.currency_id.id}
    )
    user(env, BEGINNER, MANAGER, "base.group_erp_manager", company=company)
