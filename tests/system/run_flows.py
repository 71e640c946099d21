"""Ways to bill, each as a process would do it that may die at any moment.

A flow is also its own recovery: a fresh process, or the same person, looks at what is
there and goes on.
"""

import datetime

from run_world import TODAY, computers, refuse_cedar


def by_cron(env):
    """Let the scheduled actions open the run of today and bill."""
    env["msp.bill.run"]._cron_open_runs()
    env["msp.bill.run"]._cron_bill()


def by_approval(env):
    """Let a manager preview, start and approve; then the scheduled action bills.

    Each button is a request, a transaction of its own.
    """
    Run = env["msp.bill.run"].with_user(env.ref("base.user_admin"))
    run = Run.search([("date", "=", TODAY)]) or Run.create({"date": TODAY})
    env.cr.commit()
    for state, button in (
        ("draft", run.action_preview),
        ("previewed", run.action_start),
        ("waiting", run.action_approve),
    ):
        if run.state == state:
            button()
            env.cr.commit()
    env["msp.bill.run"]._cron_bill()


def ask_for_approval(env):
    """Let no run bill before a manager has approved it."""
    refuse_cedar(env)
    env.company.msp_approval = True


def bill_all(env):
    """Bill, so that there is something to render, remind of and audit."""
    by_cron(env)


def render(env):
    """Make the documents of the bills; nobody waits to see whether a maker is dead."""
    begun = env["msp.delivery"].search([("date_begun", "!=", False)])
    begun.write({"date_begun": False})
    env.cr.commit()
    env["msp.delivery"]._cron_render()


def send_all(env):
    """Have bills that went out long ago, so that reminders are due."""
    by_cron(env)
    env["msp.delivery"].search([]).write(
        {"state": "sent", "date_sent": "2026-02-01 12:00:00", "is_noted": True}
    )


def remind(env):
    """Queue the reminders that are due."""
    env["msp.delivery"]._cron_remind()


def bill_and_forget(env):
    """Bill, and then enter a computer that comes too late to be corrected."""
    by_cron(env)
    env.company.msp_adjustment_months = 0
    partner = env["res.partner"].search([("name", "=", "Birch")])
    computers(env, partner, 1, date_from=datetime.date(2026, 2, 10), code="mobile")


def audit(env):
    """Look for what contradicts the invariants, and for late changes."""
    env["msp.billing.cycle"]._cron_audit()


#: name -> what happens before, and what is killed.
FLOWS = {
    "batch": (None, by_cron),
    "one by one": (refuse_cedar, by_cron),
    "approval": (ask_for_approval, by_approval),
    "render": (bill_all, render),
    "remind": (send_all, remind),
    "audit": (bill_and_forget, audit),
}
