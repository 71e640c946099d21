"""What people and processes do while a run bills: the acts of the races."""

import datetime

import run_world
from run_world import FEBRUARY, TODAY

from odoo.exceptions import UserError
from odoo.service.model import retrying


def make_world(env):
    """Make two healthy customers and one that is held, a bill, a source, a run."""
    run_world.set_up_company(env)
    care = run_world.plan(env, "Care", {"usage_basis": "average", "unit_price": 28})
    agreed = run_world.plan(
        env, "Backup", {"usage_basis": "contracted", "unit_price": 4.5}
    )
    alder, birch, cedar = (
        run_world.customer(env, name) for name in ("Alder", "Birch", "Cedar")
    )
    run_world.subscribe(env, care, alder)
    run_world.computers(env, alder, 2)
    run_world.bill(env, run_world.FIRST_RUN)
    run_world.subscribe(env, care, birch, FEBRUARY)
    run_world.computers(env, birch, 1, FEBRUARY)
    run_world.subscribe(env, agreed, cedar, FEBRUARY)
    source = env["msp.source"].create({"name": "RMM", "code": "rmm"})
    env["msp.source.customer"].create(
        {"source_id": source.id, "external_key": "a", "partner_id": alder.id}
    )
    env.cr.commit()


def request(env, act):
    """Do what a person does by a request: tried again where Odoo does, or refused."""
    try:
        retrying(act, env)
        env.cr.commit()
    except UserError:
        env.cr.rollback()


def _partner(env, name):
    return env["res.partner"].search([("name", "=", name)])


# === RUNS === #
def open_and_bill(env):
    """Do what the scheduled actions do."""
    env["msp.bill.run"]._cron_open_runs()
    env["msp.bill.run"]._cron_bill()


def bill(env):
    """Work on the runs that are open."""
    env["msp.bill.run"]._cron_bill()


def open_run(env):
    """Open the run of today."""
    env["msp.bill.run"]._cron_open_runs()


def draft_run(env):
    """Have a run that a person is about to start."""
    env["msp.bill.run"].create({"date": TODAY})


def press_start(env):
    """Start the run that is there, and bill."""

    def start():
        admin = env.ref("base.user_admin")
        run = env["msp.bill.run"].with_user(admin).search([("state", "=", "draft")])
        run.action_start()

    request(env, start)
    bill(env)


# === OTHERS === #
def ingest(env):
    """Let a source report a computer of a customer that is billed."""
    snapshot = {
        "customer": "a",
        "taken_at": f"{TODAY}T08:00:00+00:00",
        "complete": True,
        "computers": [{"key": "k1", "name": "PC 1", "type": "server"}],
    }
    request(env, lambda: env["msp.source"].search([]).ingest(snapshot))


def add_computer(env):
    """Enter a computer that was there in the cycle that is billed."""
    request(env, lambda: run_world.computers(env, _partner(env, "Birch"), 1, FEBRUARY))


def edit_price(env):
    """Change a price that rates the cycle."""

    def edit():
        price = env["msp.service.plan.price"].search([("plan_id.name", "=", "Backup")])
        price.unit_price = 7

    request(env, edit)


def agree_quantity(env):
    """Mend what holds a cycle back."""

    def agree():
        subscription = _partner(env, "Cedar").msp_subscription_ids
        subscription.contracted_quantity = 4

    request(env, agree)


def dissociate(env):
    """End a subscription inside the cycle that is billed."""

    def end():
        subscription = _partner(env, "Birch").msp_subscription_ids
        manager = env.ref("base.user_admin")
        day = datetime.date(2026, 2, 15)
        subscription.with_user(manager).action_dissociate(day, "They left")

    request(env, end)


def post_invoice(env):
    """Post an invoice of something else in the same journal."""

    def post():
        env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": _partner(env, "Cedar").id,
                "invoice_date": TODAY,
                "invoice_line_ids": [(0, 0, {"name": "Cable", "price_unit": 10})],
            }
        ).action_post()

    request(env, post)


def pay(env):
    """Register the payment of an older bill."""

    def register():
        bill = env["account.move"].search([("invoice_date", "=", run_world.FIRST_RUN)])
        env["account.payment.register"].with_context(
            active_model="account.move", active_ids=bill.ids
        ).create({})._create_payments()

    request(env, register)


#: name -> what happens before, and the two that race.
RACES = {
    "cron and cron": (None, open_and_bill, open_and_bill),
    "worker and worker": (open_run, bill, bill),
    "cron and start": (draft_run, open_and_bill, press_start),
    "start and start": (draft_run, press_start, press_start),
    "run and ingest": (open_run, bill, ingest),
    "run and computer": (open_run, bill, add_computer),
    "run and price": (open_run, bill, edit_price),
    "run and mending": (open_run, bill, agree_quantity),
    "run and dissociation": (open_run, bill, dissociate),
    "run and invoice": (open_run, bill, post_invoice),
    "run and payment": (open_run, bill, pay),
}
# Two runs of a day share the customers, in whatever way.
TWO_RUNS = ("cron and start",)
