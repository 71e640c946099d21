"""Mails through a real SMTP server: what it says, and who dies when.

Odoo reports success under its own tests without sending anything. Here real processes
of Odoo talk to a server that does what the recipient's address says.
"""

import contextlib
import email
import email.policy
import json
import time

import pytest
from aiosmtpd.controller import Controller

from dev import databases, server, tools, ui

FIRST_PORT = 25250
TWO = "fine@example.com, gone@example.com"
ADDRESSES = [
    "ok@example.com",
    "grey@example.com",
    TWO,
    "gone2@example.com",
    "drop@example.com",
    "last@example.com",
]

SETUP = """
import datetime
env.company.write({"email": "billing@msp.example.com", "street": "1 Main Street",
                   "city": "Springfield", "msp_timezone": "UTC"})
env["ir.mail_server"].create({"name": "Loopback", "smtp_host": "127.0.0.1",
                              "smtp_port": PORT, "smtp_encryption": "none"})
plan = env["msp.service.plan"].create({"name": "Care", "cost_per_computer": 12.0})
kind = env["msp.computer.type"].search([], limit=1)
for number, addresses in enumerate(ADDRESSES):
    customer = env["res.partner"].create({
        "name": f"Customer {number}", "street": "2 Main Street",
        "city": "Springfield", "country_id": env.ref("base.us").id,
    })
    env["msp.subscription"].create({
        "plan_id": plan.id, "partner_id": customer.id, "due_days": 14,
        "date_start": datetime.date(2026, 1, 1), "bill_email": addresses,
        "user_id": env.ref("base.user_admin").id,
    })
    env["msp.computer"].create({
        "name": f"PC {number}", "partner_id": customer.id, "type_id": kind.id,
        "date_from": datetime.date(2026, 1, 1),
    })
env.cr.commit()
env["msp.bill.run"].create({"date": datetime.date(2026, 2, 1)}).action_start()
env["msp.bill.run"]._cron_bill()
"""
# Bills whose PDF is there already: these tests are about the mail.
DOCUMENTS = """
for move in env["msp.delivery"].search([]).move_id:
    env["ir.attachment"].create({
        "name": "bill.pdf", "raw": b"%PDF-1.7 %%EOF", "mimetype": "application/pdf",
        "res_model": "account.move", "res_id": move.id,
        "res_field": "invoice_pdf_report_file",
    })
env.cr.commit()
env["msp.delivery"]._cron_render()
"""
REMINDERS = """
step = env.ref("msp_billing.reminder_step_first")
Delivery = env["msp.delivery"]
bills = Delivery.search([("kind", "=", "bill")])
bills.write({"state": "sent", "is_noted": True})
Delivery.create([
    Delivery._prepare_delivery(bill.move_id, "reminder", step) for bill in bills
])
env.cr.commit()
Delivery._cron_render()
"""
DELIVER = """
env["msp.delivery"].search([("state", "=", "queued")]).write({"next_try": False})
env.cr.commit()
env["msp.delivery"]._cron_deliver()
"""
# The process dies when the server has said 250 and before anybody has noted it.
DIE = """
import os, signal, smtplib
data = smtplib.SMTP.data
def data_and_die(session, message):
    data(session, message)
    os.kill(os.getpid(), signal.SIGKILL)
smtplib.SMTP.data = data_and_die
"""
STATES = """
SELECT json_agg(json_build_object(
    'to', d.to, 'state', d.state, 'kind', d.kind, 'attempts', d.attempts,
    'reason', d.reason, 'message_id', d.message_id, 'reply', d.server_reply,
    'is_move_sent', m.is_move_sent, 'activities', (
        SELECT count(*) FROM mail_activity a
        WHERE a.res_model = 'account.move' AND a.res_id = m.id),
    'notes', (
        SELECT count(*) FROM mail_message n
        WHERE n.message_id = d.message_id AND n.res_id = m.id)
) ORDER BY d.id)
FROM msp_delivery d JOIN account_move m ON m.id = d.move_id
"""


class Handler:
    """Does what the name in an address says; keeps every mail that it accepts."""

    def __init__(self):
        self.mails, self.seen = [], set()

    def _first_time(self, address):
        is_first = address not in self.seen
        self.seen.add(address)
        return is_first

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        """Refuse those who are gone, and the greylisted ones once."""
        if address.startswith("gone"):
            return "550 5.1.1 no such user"
        if address.startswith("grey") and self._first_time(address):
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, _session, envelope):
        """Take the mail; hang up instead of answering where the address says so."""
        message = email.message_from_bytes(
            envelope.content, policy=email.policy.default
        )
        self.mails.append((message, list(envelope.rcpt_tos)))
        drops = [a for a in envelope.rcpt_tos if a.startswith("drop")]
        if drops and self._first_time(drops[0]):
            server.transport.abort()
        return "250 2.0.0 kept"

    def to(self, address):
        """Return the mails that an address has got."""
        return [message for message, rcpt_tos in self.mails if address in rcpt_tos]


@contextlib.contextmanager
def listening(port):
    """Have a mail server on a port while the block runs."""
    handler = Handler()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()


@pytest.fixture(scope="module")
def port():
    return tools.free_port(FIRST_PORT)


@pytest.fixture(scope="module")
def billed(installed, port, tmp_path_factory):
    """Have a database with a bill for each kind of address, to be cloned."""
    name = f"{installed}_billed"
    log = tmp_path_factory.mktemp("billed") / "shell.log"
    databases.clone(installed, name)
    constants = f"PORT = {port}\nADDRESSES = {ADDRESSES!r}\n"
    server.script(name, constants + SETUP, log)
    yield name
    databases.drop(name)


@pytest.fixture
def mailing(billed, make_database):
    """Have a clone with the bills of some addresses: ``mailing(*addresses)``."""

    def make(*addresses):
        database = make_database(billed)
        wanted = ", ".join(f"'{address}'" for address in addresses)
        databases.sql(
            f'DELETE FROM msp_delivery WHERE "to" NOT IN ({wanted})', database
        )
        return database

    return make


def states(database):
    """Return the deliveries as the database has them, by address."""
    rows = json.loads(databases.sql(STATES, database))
    return {(row["kind"], row["to"]): row for row in rows}


def bill(database, to):
    """Return the delivery of the bill that goes to an address."""
    return states(database)["bill", to]


def die(shell, database, script):
    """Deliver, and be killed when the server has the mail."""
    with pytest.raises(ui.Failure):
        shell(database, script + DIE + DELIVER)


def test_what_the_server_says(mailing, shell, port):
    database = mailing(*ADDRESSES)
    with listening(port) as catcher:
        shell(database, DOCUMENTS + DELIVER)
        first = states(database)

        assert first["bill", "ok@example.com"]["state"] == "sent"
        assert first["bill", "ok@example.com"]["reply"] == "250 2.0.0 kept"
        assert first["bill", "ok@example.com"]["is_move_sent"]
        assert first["bill", "ok@example.com"]["notes"] == 1
        assert first["bill", "grey@example.com"]["state"] == "queued"
        assert "451 4.7.1" in first["bill", "grey@example.com"]["reason"]
        assert first["bill", TWO]["state"] == "sent"
        assert "gone@example.com: 550" in first["bill", TWO]["reason"]
        assert first["bill", TWO]["activities"] == 1
        assert first["bill", "gone2@example.com"]["state"] == "failed"
        assert not first["bill", "gone2@example.com"]["is_move_sent"]
        assert first["bill", "gone2@example.com"]["activities"] == 1
        assert first["bill", "drop@example.com"]["state"] == "queued"
        assert first["bill", "last@example.com"]["state"] == "sent"

        shell(database, DELIVER)
        second = states(database)

        assert second["bill", "grey@example.com"]["state"] == "sent"
        assert second["bill", "grey@example.com"]["attempts"] == 2
        assert second["bill", "drop@example.com"]["state"] == "sent"
        [before, after] = catcher.to("drop@example.com")
        assert before["Message-Id"] == after["Message-Id"]
        for address in ("ok", "grey", "fine", "last"):
            assert len(catcher.to(f"{address}@example.com")) == 1, address
        [message] = catcher.to("ok@example.com")
        [attachment] = message.iter_attachments()
        assert attachment.get_content().startswith(b"%PDF")


def test_server_that_is_not_there(mailing, shell, port):
    database = mailing("ok@example.com", "last@example.com")
    shell(database, DOCUMENTS + DELIVER)
    for to, attempts in (("ok@example.com", 1), ("last@example.com", 0)):
        assert bill(database, to)["state"] == "queued"
        assert bill(database, to)["attempts"] == attempts
        assert "cannot be reached" in bill(database, to)["reason"]
    with listening(port) as catcher:
        shell(database, DELIVER)
    assert bill(database, "last@example.com")["state"] == "sent"
    assert len(catcher.mails) == 2


def test_killed_between_the_answer_and_the_note(mailing, shell, port):
    database = mailing("ok@example.com")
    with listening(port) as catcher:
        die(shell, database, DOCUMENTS)
        assert bill(database, "ok@example.com")["state"] == "sending"
        shell(database, DELIVER + DELIVER)
        [before, after] = catcher.to("ok@example.com")
        assert before["Message-Id"] == after["Message-Id"]
        assert bill(database, "ok@example.com")["state"] == "sent"


def test_killed_reminder_is_left_to_a_person(mailing, shell, port):
    database = mailing("ok@example.com")
    with listening(port) as catcher:
        die(shell, database, DOCUMENTS + REMINDERS)
        shell(database, DELIVER)
        assert len(catcher.mails) == 1
    reminder = states(database)["reminder", "ok@example.com"]
    assert reminder["state"] == "unknown"
    assert reminder["activities"] == 1


def test_server_with_its_crons_mails_a_real_pdf(mailing, start_server, port):
    database = mailing("ok@example.com")
    with listening(port) as catcher:
        start_server(database)
        began = time.monotonic()
        while not catcher.mails and time.monotonic() - began < 120:
            time.sleep(0.2)
        [message] = catcher.to("ok@example.com")
    assert "INV/" in message["Subject"]
    [attachment] = message.iter_attachments()
    content = attachment.get_content()
    assert content.startswith(b"%PDF")
    assert len(content) > 5000
