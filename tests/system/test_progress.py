"""A manager starts a run of many customers, watches it, and closes the browser.

The scheduled actions of a real server bill while nobody looks. A thousand customers,
and a pause, with ``MSP_LONG=1``.
"""

import contextlib
import os
import pathlib
import re

import pytest
from conftest import LONG
from screens import Person, browsing, expect

from dev import databases, server

CUSTOMERS = 1000 if LONG else 500
DAY = "2026-03-01"
WORLD = """
import sys
sys.path.insert(0, {folder!r})
import run_world
run_world.make_many(env, {customers})
workers = [env.ref(f"msp_billing.ir_cron_bill{{n}}") for n in ("", "_2")]
env["ir.cron"].union(*workers).active = True
env["ir.qweb"]._pregenerate_assets_bundles()
env.cr.commit()
"""
BILLED = f"""
SELECT count(*), count(DISTINCT partner_id), count(DISTINCT name)
FROM account_move WHERE state = 'posted' AND invoice_date = '{DAY}'
"""


class Desk:
    """Where managers come to and go from, while the server bills."""

    def __init__(self, running, browser):
        self.running, self.browser = running, browser

    @contextlib.contextmanager
    def manager(self):
        """Have a manager before the screen while the block runs."""
        somebody = Person(self.browser, self.running.url, "admin", DAY)
        yield somebody
        somebody.leave()


@pytest.fixture
def desk(database, tmp_path, start_server):
    """Have many customers, a server with two workers, and a browser."""
    folder = str(pathlib.Path(__file__).parent)
    code = WORLD.format(folder=folder, customers=CUSTOMERS)
    server.script(database, code, tmp_path / "shell.log")
    running = start_server(database, crons=2)
    with browsing(os.environ.get("MSP_BROWSER")) as browser:
        yield Desk(running, browser)


def test_a_run_goes_on_when_the_browser_is_closed(desk, database):
    total = f"{CUSTOMERS:,}"
    with desk.manager() as manager:
        manager.open("bill-runs", "Bill Runs")
        manager.new()
        manager.write_date("date", "03/01/2026")
        manager.push("action_preview")
        # Nobody reloads the page: it tells by itself that the preview is there.
        manager.sees_state("Previewed")
        manager.sees_in("amount_untaxed", amount())
        manager.push("action_start")
        manager.confirm()
        manager.sees_state("Running")
        manager.sees(f"of {total} subscriptions", "You can close this page")
        address = re.search(r"/odoo/(.+)$", manager.page.url)[1]
        if LONG:
            watch(manager)
    billed_before = int(databases.sql(BILLED, database).split("|")[0])
    assert billed_before < CUSTOMERS
    with desk.manager() as manager:
        manager.open(address, "Bill run of")
        manager.sees_state("Done")
        manager.sees_in("bill_count", total)
        manager.sees_in("amount_untaxed", amount())
    assert databases.sql(BILLED, database) == f"{CUSTOMERS}|{CUSTOMERS}|{CUSTOMERS}"


def watch(manager):
    """See the figures move; let the run pause, and go on."""
    billed = manager.page.locator("[data-figure='billed'] .fw-bold")
    expect(billed).to_have_text(re.compile(r"^[1-9]"))
    expect(manager.page.locator(".o_msp_time_left")).to_contain_text("left")
    manager.push("action_pause")
    manager.sees_state("Paused")
    manager.push("action_resume")
    manager.sees_state("Running")
    manager.sees("You can close this page")


def amount():
    """Return what all bills say together: 28 for each computer of February."""
    computers = sum(1 + number % 4 for number in range(1, CUSTOMERS + 1))
    return f"{28 * computers:,.2f}"
