"""Every screen of ours for those who use no mouse, hear it, or hold it in one hand."""

import contextlib
import os
import pathlib

import pytest
from conftest import PREFIX
from people_world import BEGINNER, CLERK
from screens import Person, browsing, expect
from usable import PHONE, assert_accessible, assert_fits, assert_keyboard

from dev import databases, server

DAY = "2026-03-01"
NAME = f"{PREFIX}people"
WORLD = """
import sys
sys.path.insert(0, {folder!r})
import people_world
people_world.make(env)
"""
PAGES = ("/my", "/my/plans", "/my/computers")


class Office:
    """Where people sit down before a screen."""

    def __init__(self, url, browser):
        self.url, self.browser = url, browser

    @contextlib.contextmanager
    def person(self, login="admin", **more):
        """Have somebody signed in while the block runs."""
        somebody = Person(self.browser, self.url, login, DAY, **more)
        yield somebody
        somebody.leave()


@pytest.fixture(scope="module")
def office(installed, tmp_path_factory):
    """Have a server with something on every screen, and a browser."""
    folder = tmp_path_factory.mktemp("people")
    databases.clone(installed, NAME)
    try:
        code = WORLD.format(folder=str(pathlib.Path(__file__).parent))
        server.script(NAME, code, folder / "shell.log")
        with (
            server.serving(NAME, folder / "server.log", crons=0) as running,
            browsing(os.environ.get("MSP_BROWSER")) as browser,
        ):
            yield Office(running.url, browser)
    finally:
        databases.drop(NAME)


# === WHAT A SCREEN READER IS TOLD === #
def test_screens_of_managers(office):
    """The dashboard with its graphs, also as tables; how far a run is."""
    with office.person() as manager:
        page = manager.page
        manager.open("msp-dashboard", "Dashboard")
        expect(page.locator(".o_msp_dashboard [aria-live] .fa-spin")).to_have_count(0)
        assert_accessible(page, ".o_msp_dashboard .o_content")
        page.get_by_role("button", name="Show as Table").first.click()
        assert_accessible(page, ".o_msp_dashboard .o_content")
        manager.open("bill-runs", "Bill Runs")
        manager.open_row("Previewed")
        manager.push("action_start")
        manager.confirm()
        manager.sees_state("Running")
        expect(page.locator(".o_msp_bill_run_progress")).to_be_visible()
        assert_accessible(page, ".o_msp_bill_run_progress")


def test_first_steps(office):
    """The checklist of a company that has only begun."""
    with office.person(BEGINNER) as beginner:
        beginner.open("service-plans", "Service Plans")
        beginner.sees("First steps")
        assert_accessible(beginner.page, ".o_msp_first_steps")
        assert_keyboard(beginner.page, ".o_msp_first_steps", "button")


def test_disputed_bill(office):
    """What is disputed on a bill, and the answer to it, by the keyboard alone."""
    with office.person() as accountant:
        page = accountant.page
        accountant.open("msp-bills", "Bills")
        accountant.open_row("Alder")
        accountant.tab("Disputed")
        accountant.sees("was scrapped in December")
        dialog = page.locator(".modal")
        ask = page.get_by_role("button", name="End Dispute")
        ask.focus()
        page.keyboard.press("Enter")
        answer = dialog.get_by_role("textbox", name="Answer")
        expect(answer).to_be_focused()
        assert_accessible(page, ".modal-content")
        answer.fill("It is gone: you get a credit with the next bill.")
        dialog.get_by_role("button", name="Answer and End").focus()
        page.keyboard.press("Enter")
        expect(dialog).to_have_count(0)
        expect(ask).to_have_count(0)


def test_dashboard_by_keyboard(office):
    """Tab meets all figures and graphs in order; Enter opens the list behind one."""
    with office.person() as manager:
        manager.open("msp-dashboard", "Dashboard")
        loading = manager.page.locator(".o_msp_dashboard [aria-live] .fa-spin")
        expect(loading).to_have_count(0)
        assert_keyboard(manager.page, ".o_msp_dashboard .o_content", "button")
        manager.page.locator(".o_msp_tile[data-tile='overdue']").focus()
        manager.page.keyboard.press("Enter")
        manager.is_on("Overdue")
        manager.sees_row("Alder")


# === THE CUSTOMER === #
def test_portal_on_a_phone(office):
    """Each page fits, is told to a screen reader, and has targets to hit."""
    with office.person(CLERK, size=PHONE) as clerk:
        page = clerk.page
        for path in PAGES:
            page.goto(path)
            look(page)
        page.locator("summary").click()
        look(page)
        page.goto("/my/plans")
        page.get_by_role("link", name="Care").first.click()
        expect(page.locator("h3", has_text="Prices")).to_be_visible()
        look(page)
        page.goto("/my/invoices")
        page.get_by_role("link", name="INV/2026/00001").click()
        lines = page.locator("#msp_bill_lines")
        expect(lines).to_contain_text("This line looks wrong")
        look(page, "#msp_bill_lines")
        assert_keyboard(page, "#msp_bill_lines", "a")
        lines.get_by_role("link", name="This line looks wrong").first.press("Enter")
        expect(page.locator("#msp_wrong_text")).to_be_visible()
        look(page, "#wrap form")
        assert_keyboard(page, "#wrap form", "textarea")
        page.locator("#msp_wrong_text").fill("There were two of them.")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#msp_told")).to_contain_text("we look into it")
        look(page, "#msp_bill_lines")


def look(page, part="#wrap"):
    """Look at a page of the portal, or a part of it."""
    assert_fits(page, part)
    assert_accessible(page, part)
