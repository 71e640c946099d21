"""People before the screens of Odoo's web client, in a real browser."""

import contextlib
import re

from playwright.sync_api import expect, sync_playwright

OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
SIZE = {"width": 1366, "height": 900}
PATIENCE = 60_000
CRONS = ("open_runs", "bill", "render", "deliver", "remind", "render", "deliver")


@contextlib.contextmanager
def browsing(executable):
    """Have a browser while the block runs."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable or None, args=OPTIONS
        )
        try:
            yield browser
        finally:
            browser.close()


class Person:
    """Somebody who signs in, reads and clicks; what the browser complains of fails."""

    def __init__(self, browser, url, login, day, size=SIZE):
        self.url, self.problems = url, []
        context = browser.new_context(
            viewport=size, locale="en-US", timezone_id="UTC", base_url=url
        )
        context.set_default_timeout(PATIENCE)
        self.page = context.new_page()
        self.page.clock.set_fixed_time(f"{day}T09:00:00Z")
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self._sign_in(login)

    def _sign_in(self, login):
        self.page.goto("/web/login")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", login)
        self.page.click("button[type=submit]")
        self.page.wait_for_selector(".o_main_navbar, .o_portal_my_home")

    def leave(self):
        """Close the browser's window; nothing may have gone wrong in it."""
        self.page.context.close()
        assert not self.problems, self.problems

    # === GOING === #
    def open(self, path, title):
        """Open a screen by its address."""
        self.page.goto(f"/odoo/{path}")
        self.is_on(title)

    def is_on(self, title):
        """Wait for a screen by the title above it."""
        expect(self.page.locator(".o_breadcrumb .active")).to_contain_text(title)

    def open_row(self, text, *more):
        """Open the record of a list that all texts are in, by a click on the first."""
        self.row(text, *more).locator(".o_data_cell", has_text=text).first.click()
        expect(self.page.locator(".o_form_view")).to_be_visible()

    def find_computer(self, text):
        """Open a computer from wherever one is, by the keyboard alone."""
        self.page.keyboard.press("Control+k")
        self.page.locator(".o_command_palette_search input").fill(f"!{text}")
        found = self.page.locator(".o_command_palette .o_command", has_text=text)
        expect(found).to_have_count(1)
        self.page.keyboard.press("Enter")
        self.is_on(text)

    def tab(self, title):
        """Show a page of the form's notebook."""
        self.page.locator(".o_notebook .nav-link", has_text=title).click()

    # === DOING === #
    @property
    def place(self):
        """The dialog, when there is one, else the screen."""
        dialog = self.page.locator(".modal:not(.o_inactive_modal)")
        return dialog if dialog.count() else self.page.locator(".o_action_manager")

    def new(self):
        """Make a new record."""
        self.page.locator(
            ".o_list_button_add:visible, .o_form_button_create:visible"
        ).first.click()
        self.page.wait_for_url("**/new")
        expect(self.page.locator(".o_form_view")).to_be_visible()

    def push(self, name, *, dialog=None):
        """Push a button of the form, or of the dialog before it, by its method.

        :param dialog: True when a dialog opens, False when it closes
        """
        button = self.place.locator(f"button[name='{name}']:visible").first
        expect(button).to_be_enabled()
        button.click()
        self._wait_for_dialog(dialog)

    def confirm(self):
        """Say yes to a question."""
        self._wait_for_dialog(True)
        self.page.locator(".modal-footer .btn-primary").click()
        self._wait_for_dialog(False)

    def _wait_for_dialog(self, is_open):
        if is_open is not None:
            expect(self.page.locator(".modal")).to_have_count(int(is_open))

    def save(self):
        """Save the form."""
        self.page.locator(".o_form_button_save").click()
        expect(self.page.locator(".o_form_status_indicator_buttons")).to_have_class(
            re.compile("invisible")
        )

    def field(self, name):
        """Return a field of the form, or of the dialog before it."""
        return self.place.locator(f".o_field_widget[name='{name}']").first

    def write(self, name, value):
        """Write into a field."""
        entry = self.field(name).locator("input, textarea").first
        entry.click()
        entry.fill(value)

    def write_date(self, name, value):
        """Write a date, whose input appears on a click where there is a date."""
        shown = self.field(name).locator("button")
        if shown.count():
            shown.first.click()
        entry = self.field(name).locator("input").first
        entry.fill(value)
        entry.press("Enter")

    def choose(self, name, value):
        """Choose a record by its name in a many2one or in tags."""
        entry = self.field(name).locator("input").first
        entry.click()
        entry.fill(value)
        options = self.page.locator(".o-autocomplete--dropdown-item", has_text=value)
        options.first.click()

    def act(self, *rows, action):
        """Choose rows of a list, then an action for them that opens a dialog."""
        for text in rows:
            self.row(text).locator(".o_list_record_selector input").click()
        self.page.locator(".o_cp_action_menus button", has_text="Actions").click()
        self.page.locator(".o-dropdown--menu .o-dropdown-item", has_text=action).click()
        self._wait_for_dialog(True)

    def strike_the_hour(self):
        """Run the scheduled actions of an hour, as the administrator who may."""
        for name in CRONS:
            self.run_scheduled(name)

    def run_scheduled(self, name):
        """Run one of our scheduled actions now."""
        self._call("ir.cron", "method_direct_trigger", self._ref(f"ir_cron_{name}"))

    def _ref(self, name):
        domain = [["module", "=", "msp_billing"], ["name", "=", name]]
        return [self._call("ir.model.data", "search_read", domain)[0]["res_id"]]

    def _call(self, model, method, *args):
        params = {"model": model, "method": method, "args": args, "kwargs": {}}
        answer = self.page.request.post(
            f"/web/dataset/call_kw/{model}/{method}",
            data={"jsonrpc": "2.0", "params": params},
            timeout=120_000,
        ).json()
        assert "error" not in answer, answer["error"]["data"]["debug"]
        return answer["result"]

    # === SEEING === #
    def row(self, *texts):
        """Return the row of a list that all texts are in."""
        rows = self.place.locator(".o_data_row")
        for text in texts:
            rows = rows.filter(has_text=text)
        return rows.first

    def sees_row(self, *texts):
        """See a row that all texts are in."""
        expect(self.row(*texts)).to_be_visible()

    def sees_rows(self, text, count):
        """See so many rows that a text is in."""
        rows = self.place.locator(".o_data_row").filter(has_text=text)
        expect(rows).to_have_count(count)

    def sees(self, *texts):
        """See texts on the screen."""
        for text in texts:
            expect(self.place).to_contain_text(text)

    def sees_in(self, name, text):
        """See a text in a field."""
        expect(self.field(name)).to_contain_text(text)

    def sees_state(self, label):
        """See the state of the record in its status bar."""
        current = self.page.locator(".o_statusbar_status .o_arrow_button_current")
        expect(current).to_contain_text(label)

    def sees_ribbon(self, label):
        """See the ribbon across the form's corner."""
        expect(self.page.locator(".ribbon", has_text=label)).to_be_visible()
