"""A mail server that does what the recipient's address says, and bills to mail."""

import asyncio
import contextlib
import email
import email.policy

from aiosmtpd.controller import Controller

FIRST_PORT = 25250

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
STATEMENTS = """
Delivery = env["msp.delivery"]
for partner in Delivery.search([("kind", "=", "bill")]).partner_id:
    Delivery._enqueue_statement(partner)
env.cr.commit()
Delivery._cron_render()
"""
# A server that hangs is waited for a second, not a minute.
IMPATIENT = """
from odoo.addons.base.models import ir_mail_server
ir_mail_server.SMTP_TIMEOUT = 1
"""
DELIVER = """
env["msp.delivery"].search([("state", "=", "queued")]).write({"next_try": False})
env.cr.commit()
env["msp.delivery"]._cron_deliver()
"""


class Handler:
    """Does what the name in an address says; keeps every mail that it accepts."""

    def __init__(self):
        self.mails, self.seen = [], set()

    def _first_time(self, address):
        is_first = address not in self.seen
        self.seen.add(address)
        return is_first

    async def handle_RCPT(self, server, _session, envelope, address, _options):
        """Refuse those who are gone, and the greylisted ones once; hang up on some."""
        if address.startswith("gone"):
            return "550 5.1.1 no such user"
        if address.startswith("early") and self._first_time(address):
            server.transport.abort()
        if address.startswith("grey") and self._first_time(address):
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, _session, envelope):
        """Take the mail; hang, or hang up, where the address says so."""
        if any(a.startswith("hang") and self._first_time(a) for a in envelope.rcpt_tos):
            await asyncio.get_running_loop().create_future()
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
