"""Take the pictures in a headless browser: the address comes from the environment."""

import os
import pathlib

from playwright.sync_api import Page, sync_playwright

URL = os.environ["MSP_URL"]
IMAGES = pathlib.Path(os.environ["MSP_IMAGES"])
SIZE = {"width": 1280, "height": 760}
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


def sign_in(page: Page) -> None:
    """Sign in as the demo's administrator."""
    page.goto(f"{URL}/web/login")
    page.fill("input[name=login]", "admin")
    page.fill("input[name=password]", "admin")
    page.click("button[type=submit]")
    page.wait_for_selector(".o_main_navbar")


def shoot(page: Page, name: str, path: str, first_row: str = "") -> None:
    """Take the picture of a screen, or of the form behind a list's row."""
    page.goto(f"{URL}{path}")
    page.wait_for_selector(".o_list_view, .o_form_view")
    if first_row:
        page.click(f".o_data_row .o_data_cell:has-text('{first_row}')")
        page.wait_for_selector(".o_form_view .o_data_row")
    page.wait_for_load_state("load")
    page.screenshot(path=IMAGES / f"{name}.png")


def main() -> None:
    """Take all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["MSP_BROWSER"] or None, args=OPTIONS
        )
        page = browser.new_page(viewport=SIZE)
        sign_in(page)
        shoot(page, "bill-run", "/odoo/bill-runs", "Bill run of")
        shoot(page, "bill", "/odoo/msp-bills", "INV/")
        browser.close()


main()
