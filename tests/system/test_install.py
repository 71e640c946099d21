"""The add-on comes and goes without a trace, but Odoo's invoices stay."""

import json

import pytest

from dev import databases, logcheck

# A bill of ours and an invoice of Odoo's own.
BILL = """
import datetime, json
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
import json
moves = env["account.move"].search([("move_type", "=", "out_invoice")], order="id")
print("MOVES" + json.dumps(moves.read(
    ["name", "state", "amount_untaxed", "amount_total", "invoice_date"],
), default=str))
"""
UNINSTALL = """
env["ir.module.module"].search([("name", "=", "msp_billing")]) \\
    .button_immediate_uninstall()
"""


def parsed(output):
    """Return the invoices that a script printed."""
    lines = [line for line in output.splitlines() if line.startswith("MOVES")]
    return json.loads(lines[-1].removeprefix("MOVES"))


@pytest.fixture
def billed(database, shell):
    """Have a database with a bill of ours and a plain invoice."""
    shell(database, BILL)
    return database


def test_uninstall_keeps_invoices(billed, shell, tmp_path):
    before = parsed(shell(billed, MOVES))
    assert [move["state"] for move in before] == ["posted", "posted"]
    assert sorted(move["amount_untaxed"] for move in before) == [36.0, 100.0]

    shell(billed, UNINSTALL)

    assert parsed(shell(billed, MOVES)) == before
    assert databases.state(billed) == "uninstalled"
    assert logcheck.findings(tmp_path / "shell.log") == []


def test_uninstall_leaves_nothing(billed, shell):
    shell(billed, UNINSTALL)

    count = "SELECT count(*) FROM {} WHERE {}"
    for table, condition in (
        ("pg_tables", "tablename LIKE 'msp\\_%'"),
        ("information_schema.columns", "column_name LIKE 'msp\\_%'"),
        ("ir_model", "model LIKE 'msp.%'"),
        (
            "ir_cron c JOIN ir_act_server a ON a.id = c.ir_actions_server_id",
            "a.code LIKE '%msp.%' OR a.code LIKE '%\\_msp\\_%'",
        ),
        ("ir_ui_menu", "name::text LIKE '%MSP%'"),
        ("ir_config_parameter", "key LIKE 'msp\\_billing%'"),
    ):
        assert databases.sql(count.format(table, condition), billed) == "0", table


def test_installs_again(billed, shell, tmp_path):
    before = parsed(shell(billed, MOVES))
    shell(billed, UNINSTALL)
    log = tmp_path / "again.log"

    databases.odoo("Install again", "-d", billed, "-i", "msp_billing", log=log)

    assert logcheck.findings(log) == []
    assert parsed(shell(billed, MOVES)) == before
