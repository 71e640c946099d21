"""With Odoo's own neighbours installed: online payment, sales, electronic invoices.

The add-on depends on none of them. One database, one story: a bill is made with its
e-invoice, a sale is invoiced beside it, and the customer pays the bill in a browser.
"""

import json
import os

import pytest
from playwright.sync_api import expect, sync_playwright

from dev import databases, logcheck, server

NEIGHBOURS = "account_payment,payment_demo,sale,account_edi_ubl_cii"
BROWSER = os.environ.get("MSP_BROWSER", "")
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
BILL = """
import datetime, json
company, belgium = env.company, env.ref("base.be")
company.write({
    "street": "Rue de la Loi 1", "city": "Bruxelles", "zip": "1000",
    "country_id": belgium.id, "vat": "BE0477472701", "email": "billing@example.com",
    "msp_timezone": "UTC",
})
customer = env["res.partner"].create({
    "name": "Acme", "is_company": True, "street": "Rue Haute 2", "city": "Bruxelles",
    "zip": "1000", "country_id": belgium.id, "vat": "BE0202239951",
    "email": "acme@example.com", "phone": "+32 2 123 45 67",
    "invoice_edi_format": "ubl_bis3",
})
clerk = env["res.users"].with_context(no_reset_password=True).create({
    "name": "Clerk", "login": "clerk", "password": "clerk-password",
    "email": "clerk@example.com",
    "group_ids": [(6, 0, env.ref("base.group_portal").ids)],
})
clerk.partner_id.parent_id = customer
plan = env["msp.service.plan"].create({"name": "Care", "cost_per_computer": 12.0})
associate = env["msp.subscription.associate"].create({
    "plan_id": plan.id, "partner_ids": [(6, 0, customer.ids)],
    "date_start": datetime.date(2026, 4, 1), "due_days": 14,
})
associate.action_associate()
kind = env["msp.computer.type"].search([], limit=1)
env["msp.computer"].create([
    {"name": f"PC {n}", "partner_id": customer.id, "type_id": kind.id,
     "date_from": datetime.date(2026, 4, 1)} for n in range(3)
])
product = env["product.product"].create({
    "name": "Cable", "type": "consu", "list_price": 7.0, "invoice_policy": "order",
})
order = env["sale.order"].create({
    "partner_id": customer.id, "order_line": [(0, 0, {"product_id": product.id})],
})
order.action_confirm()
env.cr.commit()
env["msp.bill.run"].create({"date": datetime.date(2026, 5, 1)}).action_start()
env["msp.bill.run"]._cron_bill()
env["msp.delivery"]._cron_render()
env.cr.commit()
env.invalidate_all()
bill = env["account.move"].search([("msp_run_id", "!=", False)])
bill.msp_delivery_ids.write({
    "state": "sent", "date_sent": datetime.datetime(2026, 5, 1, 9),
})
invoice = order._create_invoices()
invoice.action_post()
# No bill of ours: everything that Odoo allows stays allowed.
invoice.button_draft()
invoice.invoice_line_ids[:1].price_unit = 8
invoice.action_post()
env.cr.commit()
print("FOUND" + json.dumps({
    "bill": bill.id, "name": bill.name, "total": bill.amount_total,
    "state": bill.state, "reason": bill.msp_delivery_ids.reason or "",
    "pdf": bool(bill.invoice_pdf_report_id),
    "ubl": (bill.ubl_cii_xml_id.raw or b"").decode(),
    "order": order.invoice_status, "invoice": invoice.state,
    "cables": invoice.amount_untaxed, "invoice_run": bool(invoice.msp_run_id),
}))
"""
REMIND = """
import datetime, json
Delivery, bill = env["msp.delivery"], env["account.move"].browse({bill})
asked = []
for hour in (1, 2):
    env["msp.delivery"]._remind_company(env.company)
    asked.append(len(Delivery.search([("kind", "=", "reminder")])))
    Delivery.search([("kind", "=", "reminder")]).sudo().unlink()
print("FOUND" + json.dumps({{
    "payment_state": bill.payment_state, "residual": bill.amount_residual,
    "transactions": bill.transaction_ids.mapped("state"), "reminders": asked,
    "findings": env["msp.billing.cycle"]._audit(), "quantity": bill.invoice_line_ids
        .filtered(lambda line: line.display_type == "product").mapped("quantity"),
}}, default=str))
"""


def found(output):
    """Return what a script printed."""
    lines = [line for line in output.splitlines() if line.startswith("FOUND")]
    return json.loads(lines[-1].removeprefix("FOUND"))


@pytest.fixture(scope="module")
def together(installed, tmp_path_factory):
    """Have a database with the neighbours installed beside the add-on, and its log."""
    name = f"{installed}_together"
    log = tmp_path_factory.mktemp("together") / "odoo.log"
    databases.clone(installed, name)
    databases.odoo("Install the neighbours", "-d", name, "-i", NEIGHBOURS, log=log)
    yield name, log
    databases.drop(name)


@pytest.fixture(scope="module")
def billed(together):
    """Have the bill and the sale, and what was found of them."""
    name, log = together
    return found(server.script(name, BILL, log))


def test_a_bill_has_its_electronic_invoice(billed):
    assert billed["state"] == "posted"
    assert billed["pdf"], billed["reason"]
    assert "urn:cen.eu:en16931:2017" in billed["ubl"], billed["reason"]
    assert f"<cbc:ID>{billed['name']}</cbc:ID>" in billed["ubl"]


def test_a_sale_is_invoiced_as_ever(billed):
    assert billed["order"] == "invoiced"
    assert billed["invoice"] == "posted"
    assert billed["cables"] == 8.0
    assert not billed["invoice_run"]


def pay(url, bill):
    """Sign in as the customer, and pay the bill through the demo provider."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=OPTIONS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{url}/web/login")
        page.fill("input[name=login]", "clerk")
        page.fill("input[name=password]", "clerk-password")
        page.click(".oe_login_form button[type=submit]")
        page.wait_for_url("**/my**")
        # The links in lists and mails hold the token with which Odoo pays.
        page.goto(f"{url}/my/plans")
        page.click("td a:has-text('Care')")
        page.click(f"td a[href*='/my/invoices/{bill}']")
        expect(page.locator("#msp_bill_lines li")).to_have_count(1)
        page.click("a[data-bs-target='#pay_with']")
        page.locator("#pay_with #customer_input").fill("4242 4242 4242 4242")
        page.click("#pay_with button[name=o_payment_submit_button]")
        paid = page.locator("[name=invoice_paid_badge]")
        expect(paid).to_be_visible(timeout=60_000)
        browser.close()


@pytest.mark.skipif(not BROWSER, reason="needs chromium")
def test_the_customer_pays_online(billed, together):
    """The bill is paid, sealed and sound as before, and its reminders stop."""
    name, log = together
    ask = REMIND.format(bill=billed["bill"])
    before = found(server.script(name, ask, log))
    with server.serving(name, log, crons=0) as running:
        pay(running.url, billed["bill"])
    after = found(server.script(name, ask, log))
    assert before["payment_state"] == "not_paid"
    assert before["reminders"] == [1, 1]
    assert after["payment_state"] in ("paid", "in_payment")
    assert after["transactions"] == ["done"]
    assert after["reminders"] == [0, 0]
    assert after["quantity"] == before["quantity"] == [3.0]
    assert after["findings"] == before["findings"] == []


def test_nothing_is_warned_about(billed, together):
    """The last one: in the whole log of the story there is no warning."""
    assert billed["bill"]
    assert logcheck.findings(together[1]) == []
