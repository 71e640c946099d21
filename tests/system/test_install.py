"""The add-on comes and goes without a trace, but Odoo's invoices stay."""

import json

import pytest

from dev import databases, logcheck, server

# A bill of ours and an invoice of Odoo's own.
BILL = """
import datetime
today = datetime.date(2026, 5, 1)
env.company.write({"street": "1 Main Street", "city": "Springfield"})
customer = env["res.partner"].create({
    "name": "Acme", "email": "acme@example.com", "street": "2 Main Street",
    "city": "Springfield", "country_id": env.ref("base.us").id,
})
plan = env["msp.service.plan"].create({"name": "Care", "cost_per_computer": 12.0})
env["msp.subscription"].create({
    "plan_id": plan.id, "partner_id": customer.id, "billing_cycle": "monthly",
    "date_start": datetime.date(2026, 4, 1), "due_days": 14,
    "bill_email": "acme@example.com",
})
kind = env["msp.computer.type"].search([], limit=1)
env["msp.computer"].create([
    {"name": f"PC {n}", "partner_id": customer.id, "type_id": kind.id,
     "date_from": datetime.date(2026, 4, 1)} for n in range(3)
])
source = env["msp.source"].create({"name": "RMM"})
until = datetime.datetime.now() + datetime.timedelta(days=30)
env["msp.source.key"]._make(source, "Script", until)
env["msp.source.request"]._claim(source, "first", "0")
env.cr.commit()
run = env["msp.bill.run"].create({"date": today})
run.action_start()
env["msp.bill.run"]._cron_bill()
env.invalidate_all()
plain = env["account.move"].create({
    "move_type": "out_invoice", "partner_id": customer.id, "invoice_date": today,
    "invoice_line_ids": [(0, 0, {"name": "Advice", "quantity": 1, "price_unit": 100})],
})
plain.action_post()
env.cr.commit()
"""
MOVES = """
moves = env["account.move"].search([("move_type", "=", "out_invoice")], order="id")
print("MOVES" + json.dumps(moves.read(
    ["name", "state", "amount_untaxed", "amount_total", "invoice_date"],
), default=str))
"""
UNINSTALL = """
env["ir.module.module"].search([("name", "=", "msp_billing")]) \\
    .button_immediate_uninstall()
"""
# Where something of ours could be left, and by what it would be known.
TRACES = {
    "pg_tables": "tablename LIKE 'msp\\_%'",
    "information_schema.columns": "column_name LIKE 'msp\\_%'",
    "ir_model": "model LIKE 'msp.%'",
    "ir_act_server": "code LIKE '%msp.%' OR code LIKE '%\\_msp\\_%'",
    "ir_ui_view": "arch_db::text LIKE '%msp\\_%'",
    "res_users_apikeys": "scope LIKE 'msp\\_%'",
    "res_users": "login LIKE 'msp\\_%' AND active",
    "ir_config_parameter": "key LIKE 'msp\\_billing%'",
    "mail_activity": "res_model LIKE 'msp.%'",
    "mail_message": "model LIKE 'msp.%'",
    "ir_attachment": "res_model LIKE 'msp.%'",
}


def parsed(output):
    """Return the invoices that a script printed."""
    lines = [line for line in output.splitlines() if line.startswith("MOVES")]
    return json.loads(lines[-1].removeprefix("MOVES"))


class Story:
    """Bill, uninstall, and install again, on one database; remember what was seen."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder

    def run(self, code, what):
        """Run code in Odoo's shell with a log of its own."""
        return server.script(self.name, f"import json\n{code}", self.log(what))

    def log(self, what):
        """Return the log of a part of the story."""
        return self.folder / f"{what}.log"

    def tell(self):
        """Do it all; what fails is told by the tests."""
        self.before = parsed(self.run(BILL + MOVES, "bill"))
        self.run(UNINSTALL, "uninstall")
        self.state = databases.state(self.name)
        self.after = parsed(self.run(MOVES, "after"))
        self.traces = {
            table: databases.sql(f"SELECT * FROM {table} WHERE {traces}", self.name)
            for table, traces in TRACES.items()
        }


@pytest.fixture(scope="module")
def story(installed, tmp_path_factory):
    """Have the story told once."""
    name = f"{installed}_story"
    databases.clone(installed, name)
    told = Story(name, tmp_path_factory.mktemp("story"))
    try:
        told.tell()
        yield told
    finally:
        databases.drop(name)


def test_bills_before(story):
    assert [move["state"] for move in story.before] == ["posted", "posted"]
    assert sorted(move["amount_untaxed"] for move in story.before) == [36.0, 100.0]


def test_uninstall_keeps_the_invoices(story):
    assert story.state == "uninstalled"
    assert story.after == story.before


def test_uninstall_logs_no_warning(story):
    assert logcheck.findings(story.log("uninstall")) == []


def test_uninstall_leaves_nothing(story):
    assert {table: rows for table, rows in story.traces.items() if rows} == {}


def test_installs_again(story):
    log = story.log("again")

    databases.odoo("Install again", "-d", story.name, "-i", "msp_billing", log=log)

    assert logcheck.findings(log) == []
    assert parsed(story.run(MOVES, "at_last")) == story.before
