"""A small MSP for the runs that are killed: made inside a process of Odoo.

Three customers in March: one with two plans, a correction and an extra charge, one with
a plan by average and another one that is held, one that cannot be billed. Or many, all
alike and healthy, for those who bill at once.
"""

import datetime

FIRST_RUN = datetime.date(2026, 2, 1)
TODAY = datetime.date(2026, 3, 1)
JANUARY = datetime.date(2026, 1, 1)
FEBRUARY = datetime.date(2026, 2, 1)


def stop_clock(env, today=TODAY):
    """Let it be the day of the run in this process, whatever the machine says."""
    type(env["res.company"])._msp_today = lambda _company: today


def set_up_company(env):
    """Give the company what its bills need, and nothing that runs by itself."""
    env.company.write(
        {
            "email": "billing@msp.example.com",
            "street": "1 Main Street",
            "city": "Springfield",
            "country_id": env.ref("base.us").id,
            "msp_timezone": "UTC",
        }
    )
    env["ir.cron"].search([]).active = False
    manager = env.ref("msp_billing.group_msp_billing_manager")
    env.ref("base.user_admin").group_ids += manager


def customer(env, name):
    """Make a customer."""
    return env["res.partner"].create(
        {
            "name": name,
            "is_company": True,
            "email": f"{name.lower()}@example.com",
            "street": "2 Main Street",
            "city": "Springfield",
            "country_id": env.ref("base.us").id,
        }
    )


def subscribe(env, plan, partner, date_start=JANUARY, **vals):
    """Associate a plan with a customer."""
    return env["msp.subscription"].create(
        {
            "plan_id": plan.id,
            "partner_id": partner.id,
            "date_start": date_start,
            "billing_cycle": "monthly",
            "due_days": 14,
            "bill_email": partner.email,
            "user_id": env.ref("base.user_admin").id,
            **vals,
        }
    )


def computers(env, partner, number, date_from=JANUARY, code="workstation"):
    """Give a customer computers."""
    kind = env["msp.computer.type"].search([("code", "=", code)])
    return env["msp.computer"].create(
        [
            {
                "name": f"{partner.name}-{code}-{index}",
                "partner_id": partner.id,
                "type_id": kind.id,
                "date_from": date_from,
            }
            for index in range(number)
        ]
    )


def plan(env, name, *prices, **vals):
    """Sell a plan with some prices."""
    rows = [
        (0, 0, {"name": f"{name} {number}", **price})
        for number, price in enumerate(prices, 1)
    ]
    return env["msp.service.plan"].create({"name": name, "price_ids": rows, **vals})


def bill(env, date):
    """Bill what is due on a day, by hand."""
    run = env["msp.bill.run"].create({"date": date})
    run.action_start()
    env.cr.commit()
    env["msp.bill.run"]._cron_bill()
    assert run.state == "done", (run.state, run.stop_reason)
    return run


def make_small(env):
    """Make the three customers, with January billed."""
    set_up_company(env)
    tiers = [(0, 0, {"from_quantity": n, "unit_price": p}) for n, p in ((0, 6), (2, 4))]
    care = plan(
        env,
        "Care",
        {"usage_basis": "average", "unit_price": 31},
        {"usage_basis": "end", "price_model": "graduated", "tier_ids": tiers},
    )
    flat = plan(env, "Site", {"price_model": "flat", "unit_price": 99.99})
    agreed = plan(env, "Backup", {"usage_basis": "contracted", "unit_price": 4.5})
    alder, birch, cedar = (customer(env, name) for name in ("Alder", "Birch", "Cedar"))
    subscribe(env, care, alder)
    subscribe(env, flat, alder, discount=10, due_days=14)
    subscribe(env, care, birch)
    computers(env, alder, 2)
    computers(env, birch, 3, code="server")
    bill(env, FIRST_RUN)
    # What came to light after January was billed.
    computers(env, alder, 1, date_from=datetime.date(2026, 1, 11))
    alder.msp_subscription_ids[:1].extra_charge_ids = [
        (0, 0, {"name": "Setup", "date": FEBRUARY, "quantity": 2, "unit_price": 50})
    ]
    # Nothing is agreed: held.
    subscribe(env, agreed, birch, FEBRUARY)
    subscribe(env, care, cedar, FEBRUARY)
    computers(env, cedar, 1, FEBRUARY)
    env.cr.commit()


def refuse_cedar(env):
    """Let Odoo refuse the invoices of the third customer.

    Then a batch is rolled back, and its customers are billed one by one.
    """
    partner = env["res.partner"].search([("name", "=", "Cedar")])
    product = env.company.msp_product_id
    income = product.product_tmpl_id.get_product_accounts()["income"]
    closed = income.copy({"code": "499999"})
    mapped = {"account_src_id": income.id, "account_dest_id": closed.id}
    partner.property_account_position_id = env["account.fiscal.position"].create(
        {"name": "Closed", "account_ids": [(0, 0, mapped)]}
    )
    closed.active = False


def make_many(env, number):
    """Make customers that are all healthy, each with another number of computers."""
    set_up_company(env)
    care = plan(env, "Care", {"usage_basis": "average", "unit_price": 28})
    for index in range(1, number + 1):
        partner = customer(env, f"Customer{index:03}")
        subscribe(env, care, partner, FEBRUARY)
        computers(env, partner, 1 + index % 4, FEBRUARY)
    env.cr.commit()
