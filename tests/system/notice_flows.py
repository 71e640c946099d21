"""Reminders, statements of account and suspensions, each killed while it is made.

Two bills are due for a step that mails, makes an activity and suspends, on the day
of the statements. What is left after the deaths is sent to a mail server of our own:
every customer must get each mail once.
"""

from run_flows import send_all

PDF = b"%PDF-1.7 %%EOF"


class Server:
    """A session with a mail server that takes everything."""

    def __init__(self):
        self.mails = []

    def send_message(self, message, _sender, recipients):
        """Keep who got what."""
        self.data(b"")
        self.mails += [(message["Subject"], address) for address in recipients]
        return {}

    def data(self, _content):
        """Accept it."""
        return 250, b"ok"

    def noop(self):
        """Be alive."""
        return 250, b"ok"

    def quit(self):
        """Be left."""


# === BEFORE === #
def make_due(env):
    """Have a bill that is due for a step which does everything, and a statement day."""
    send_all(env)
    env.ref("msp_billing.reminder_step_first").write(
        {"make_activity": True, "suspend": True}
    )
    env.company.write({"msp_statement_day": 1, "msp_mails_per_minute": 0})
    env["ir.attachment"].create(
        [
            {
                "name": "bill.pdf",
                "raw": PDF,
                "mimetype": "application/pdf",
                "res_model": "account.move",
                "res_id": move.id,
                "res_field": "invoice_pdf_report_file",
            }
            for move in env["msp.delivery"].search([]).move_id
        ]
    )


def hand_over(env):
    """Have a reminder that the mail server has taken, and nobody has noted."""
    make_due(env)
    remind(env)
    env["msp.delivery"].search([("kind", "=", "reminder")]).write(
        {"state": "sent", "date_sent": "2026-03-01 12:00:00"}
    )


def pay(env):
    """Have the step done, and then the money."""
    hand_over(env)
    note(env)
    moves = env["msp.delivery"].search([("kind", "=", "reminder")]).move_id
    env["account.payment.register"].with_context(
        active_model="account.move", active_ids=moves.ids
    ).create({})._create_payments()


# === WHAT IS KILLED === #
def remind(env):
    """Queue reminders and statements; take back what a payment has settled."""
    env["msp.delivery"]._cron_remind()


def note(env):
    """Note the mails that went out: the activity, the suspension."""
    env["msp.delivery"]._cron_deliver()


# === AFTER === #
def check_mails(env):
    """Send what was queued, twice: each mail arrives once, and does its work once."""
    first = _send(env)
    assert len(first) == len(set(first)), first
    subjects = [subject.split()[0] for subject, _address in first]
    assert subjects == ["Reminder:"] * 2 + ["Statement"] * 3, first
    assert _send(env) == []
    remind(env)
    assert _send(env) == []
    check_step(env)


def check_step(env):
    """Find one mail a step and month, one activity a step, suspended once."""
    Delivery = env["msp.delivery"]
    for kind, field in (("reminder", "move_id"), ("statement", "partner_id")):
        found = Delivery.search([("kind", "=", kind)])
        assert found, kind
        assert len(found) == len(found[field]), found.mapped("display_name")
    for delivery in Delivery.search([("kind", "=", "reminder")]):
        step, move = delivery.step, delivery.move_id
        [activity] = move.activity_ids.filtered(
            lambda activity, step=step: activity.summary == step.activity_summary
        )
        assert delivery.step_activity_id == activity
        for subscription in move.msp_cycle_ids.subscription_id:
            assert subscription.suspended_for_id == move, subscription.display_name
            assert _told(subscription, "Marked as suspended") == 1


def check_taken_back(env):
    """Find the activity closed and the suspension lifted, each told of once."""
    moves = env["msp.delivery"].search([("kind", "=", "reminder")]).move_id
    assert moves
    assert not moves.activity_ids
    for subscription in moves.msp_cycle_ids.subscription_id:
        assert not subscription.suspended, subscription.display_name
        assert _told(subscription, "No longer suspended") == 1


def _told(subscription, text):
    bodies = subscription.message_ids.mapped("body")
    return sum(text in (body or "") for body in bodies)


def _send(env):
    """Make the documents of what waits, send and note it; return who got what."""
    server = Server()
    type(env["msp.delivery"])._open_session = lambda _delivery: server
    type(env["ir.actions.report"])._msp_statement_pdf = lambda *_args, **_values: PDF
    env["msp.delivery"]._cron_render()
    env["msp.delivery"]._cron_deliver()
    return sorted(server.mails)


#: name -> what happens before, what is killed, and what must hold in the end.
FLOWS = {
    "notices": (make_due, remind, check_mails),
    "steps": (hand_over, note, check_step),
    "taken back": (pay, remind, check_taken_back),
}
