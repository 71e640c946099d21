"""A month at an MSP, from the screens alone: each role's people do their own work.

A real server, browser and mail server; the clock of the server, of its database and of
the browser is moved. The scheduled actions of an hour run when a day of the story needs
them.
"""

import contextlib
import os

import pytest
from clock import ClockServer
from screens import Person, browsing
from smtp_server import FIRST_PORT, listening

from dev import databases, server, tools

START = "2026-03-01"
# What an administrator does once, and who works there.
SETUP = """
env.company.write({
    "name": "Northwind IT", "email": "billing@northwind.example", "street": "1 Main St",
    "city": "Springfield", "country_id": env.ref("base.us").id, "msp_timezone": "UTC",
})
env["ir.mail_server"].create({"name": "Loopback", "smtp_host": "127.0.0.1",
                              "smtp_port": PORT, "smtp_encryption": "none"})
for login, name, groups in (
    ("sally", "Sally Sales", ["msp_billing.group_msp_billing_sales",
                              "base.group_partner_manager"]),
    ("max", "Max Manager", ["msp_billing.group_msp_billing_manager"]),
    ("anna", "Anna Account", ["account.group_account_invoice"]),
):
    env["res.users"].create({
        "name": name, "login": login, "password": login, "tz": "UTC",
        "email": f"{login}@northwind.example",
        "group_ids": [(6, 0, [env.ref(group).id for group in groups])],
    })
env["ir.qweb"]._pregenerate_assets_bundles()
env.cr.commit()
"""
CUSTOMERS = {
    "Acme Ltd": ("acme@example.com", ("ACME-01", "ACME-02")),
    "Beta Ltd": ("beta@example.com", ("BETA-01", "BETA-02", "BETA-03")),
}


class Month:
    """The days of the story: who is there, and what time it is."""

    def __init__(self, running, browser):
        self.running, self.browser = running, browser

    @contextlib.contextmanager
    def person(self, login):
        """Have somebody signed in while the block runs."""
        somebody = Person(self.browser, self.running.url, login, self.day)
        yield somebody
        somebody.leave()

    def begin(self, day, *, strike=False):
        """Begin a day; let the hour strike."""
        self.day = day
        self.running.move_to(f"{day} {'07' if strike else '06'}:00:00")
        if strike:
            with self.person("admin") as admin:
                admin.strike_the_hour()


@pytest.fixture
def month(database, tmp_path):
    """Have a server in March, with a mail server and a browser."""
    port = tools.free_port(FIRST_PORT)
    server.script(database, f"PORT = {port}\n{SETUP}", tmp_path / "shell.log")
    running = ClockServer(database, tmp_path / "server.log", f"{START} 05:00:00")
    executable = os.environ.get("MSP_BROWSER")
    try:
        running.start()
        with listening(port) as catcher, browsing(executable) as browser:
            story = Month(running, browser)
            story.catcher = catcher
            yield story
    finally:
        running.stop()


def test_a_month_from_the_screens_alone(month, database):
    begin_of_march(month)
    first_of_april(month)
    april(month)
    first_of_may(month)
    audit(month, database)


def begin_of_march(month):
    """A plan, two customers, their computers, the association."""
    month.begin(START)
    with month.person("max") as manager:
        manager.open("service-plans", "Service Plans")
        manager.sees("First steps", "Add your first service plan")
        manager.new()
        manager.write("name", "Workstation Care")
        manager.write("cost_per_computer", "12.50")
        manager.save()
    with month.person("sally") as sales:
        for name, (email, _computers) in CUSTOMERS.items():
            sales.open("msp-customers", "Customers")
            sales.new()
            sales.write("name", name)
            sales.write("email", email)
            sales.write("street", "2 Main Street")
            sales.write("city", "Springfield")
            sales.choose("country_id", "United States")
            sales.save()
        sales.open("service-plans", "Service Plans")
        sales.open_row("Workstation Care")
        sales.push("action_open_associate", dialog=True)
        for name in CUSTOMERS:
            sales.choose("partner_ids", name)
        sales.sees_row("Beta Ltd", "beta@example.com")
        sales.write("due_days", "10")
        sales.push("action_associate", dialog=False)
        sales.sees_row("Acme Ltd", "acme@example.com", "Active")
        sales.sees_row("Beta Ltd", "beta@example.com", "Active")
    with month.person("max") as manager:
        manager.open("msp-computers", "Computers")
        for name, (_email, computers) in CUSTOMERS.items():
            for computer in computers:
                manager.new()
                manager.write("name", computer)
                manager.choose("partner_id", name)
                manager.choose("type_id", "Workstation")
                manager.save()
        manager.open("service-plans", "Service Plans")
        manager.sees("4 of 5 done")
        manager.sees_row("Workstation Care", "12.50")


def first_of_april(month):
    """The preview, the run, the bills, their mails."""
    month.begin("2026-04-01")
    with month.person("max") as manager:
        manager.open("bill-runs", "Bill Runs")
        manager.new()
        manager.push("action_preview")
        manager.sees_state("Previewed")
        manager.sees_row("Acme Ltd", "25.00")
        manager.sees_row("Beta Ltd", "37.50")
        manager.sees_in("amount_untaxed", "62.50")
        manager.push("action_start")
        manager.confirm()
        manager.sees_state("Running")
    month.begin("2026-04-01", strike=True)
    for address in ("acme@example.com", "beta@example.com"):
        [message] = month.catcher.to(address)
        [attachment] = message.iter_attachments()
        assert attachment.get_content().startswith(b"%PDF")
    with month.person("max") as manager:
        manager.open("bill-runs", "Bill Runs")
        manager.sees_row("Done", "62.50")
        manager.open_row("Bill run of", "62.50")
        manager.push("action_view_bills")
        manager.sees_row("Acme Ltd", "25.00", "Sent", "Not Paid")
        manager.sees_row("Beta Ltd", "37.50", "Sent", "Not Paid")
        manager.open("service-plans", "Service Plans")
        manager.sees_row("Workstation Care")
        assert not manager.page.locator(".o_msp_first_steps").count()


def april(month):
    """A payment, a reminder, a computer that had gone, an end."""
    month.begin("2026-04-05")
    with month.person("anna") as accountant:
        accountant.open("msp-unpaid-bills", "Unpaid Bills")
        pay(accountant, "Acme Ltd")
    month.begin("2026-04-08", strike=True)
    subjects = [message["Subject"] for message in month.catcher.to("beta@example.com")]
    assert len(subjects) == 2
    assert "is due on" in subjects[1]
    assert len(month.catcher.to("acme@example.com")) == 1
    month.begin("2026-04-18", strike=True)
    subjects = [message["Subject"] for message in month.catcher.to("beta@example.com")]
    assert len(subjects) == 3
    assert "was due on" in subjects[2]
    with month.person("max") as manager:
        # Beta says: that computer went on 20 March.
        manager.open("service-plans", "Service Plans")
        manager.find_computer("BETA-03")
        manager.write_date("date_to", "03/20/2026")
        manager.save()
    with month.person("sally") as sales:
        sales.open("msp-subscriptions", "Subscriptions")
        sales.act("Beta Ltd", action="Dissociate")
        sales.write_date("date", "05/01/2026")
        sales.push("action_dissociate", dialog=False)
        sales.sees_row("Beta Ltd", "May 1")
    with month.person("anna") as accountant:
        accountant.open("msp-unpaid-bills", "Unpaid Bills")
        accountant.open_row("Beta Ltd")
        accountant.tab("Deliveries")
        accountant.sees_row("First reminder", "Sent")
        accountant.open("msp-unpaid-bills", "Unpaid Bills")
        pay(accountant, "Beta Ltd")


def pay(accountant, customer):
    """Register the payment of a customer's bill."""
    accountant.open_row(customer)
    accountant.push("action_register_payment", dialog=True)
    accountant.push("action_create_payments", dialog=False)
    accountant.sees_ribbon("Paid")


def first_of_may(month):
    """The hour bills by itself: the correction, the last bill of the one who left."""
    month.begin("2026-05-01", strike=True)
    with month.person("max") as manager:
        manager.open("bill-runs", "Bill Runs")
        manager.sees_row("Done", "37.50")
        manager.open("msp-bills", "Bills")
        manager.sees_row("Acme Ltd", "INV/2026/00003")
        manager.open_row("INV/2026/00004")
        manager.sees_in("amount_untaxed", "12.50")
        manager.sees_row("-1.00", "12.50")
    assert len(month.catcher.to("beta@example.com")) == 4
    with month.person("sally") as sales:
        sales.open("msp-subscriptions", "Subscriptions")
        sales.sees_row("Acme Ltd", "Active")
        sales.page.locator(".o_searchview .o_facet_remove").first.click()
        sales.sees_row("Beta Ltd", "Ended")
    month.begin("2026-06-01", strike=True)
    with month.person("anna") as accountant:
        accountant.open("msp-bills", "Bills")
        accountant.sees_rows("Acme Ltd", 3)
        accountant.sees_rows("Beta Ltd", 2)
        accountant.open("msp-unpaid-bills", "Unpaid Bills")
        accountant.sees_row("Beta Ltd", "12.50")
    assert "was due on" in month.catcher.to("beta@example.com")[-1]["Subject"]


def audit(month, database):
    """Nothing that the people did left the books unsound."""
    with month.person("admin") as admin:
        admin.run_scheduled("audit")
        admin.open("msp-audit", "Audit")
        admin.sees("Everything is sound")
    assert databases.sql("SELECT count(*) FROM msp_audit_finding", database) == "0"
