"""Take the pictures in a headless browser: the address comes from the environment.

Each is a screen of the running product, as somebody with the role sees it.
"""

import io
import os
import pathlib
import sys
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import Page, sync_playwright

URL = os.environ["MSP_URL"]
IMAGES = pathlib.Path(os.environ["MSP_IMAGES"])
SIZE = {"width": 1280, "height": 760}
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
LARGEST = 200_000
PATIENCE = 120_000
READY = ".o_list_view, .o_form_view, .o_kanban_view, .o_view_nocontent"


class Shot(NamedTuple):
    """A picture: where it is taken, what is opened before, what must be seen."""

    name: str
    path: str
    row: str = ""
    tab: str = ""
    button: str = ""
    sees: str = ""


SHOTS = (
    Shot("plan", "service-plans", row="Workstation", sees=".o_form_view .o_data_row"),
    Shot(
        "associate",
        "service-plans",
        row="Workstation",
        button="action_open_associate",
        sees=".modal .o_form_view",
    ),
    Shot("subscriptions", "msp-subscriptions", sees=".o_data_row"),
    Shot("computers", "msp-computers", sees=".o_data_row"),
    Shot("bill-run", "bill-runs", row="Done", sees=".o_form_view .o_data_row"),
    Shot("bills", "msp-bills", sees=".o_data_row"),
    Shot("bill", "msp-bills", row="INV/", sees=".o_form_view .o_data_row"),
    Shot(
        "bill-computers",
        "msp-bills",
        row="INV/",
        tab="Charges and Computers",
        sees=".o_form_view .o_data_row",
    ),
    Shot("deliveries", "msp-deliveries", sees=".o_data_row"),
)
# Of a company that has nothing yet.
FIRST = (Shot("first-steps", "service-plans", sees=".o_msp_first_steps"),)


def sign_in(page: Page, login: str) -> None:
    """Sign in."""
    page.goto(f"{URL}/web/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", login)
    page.click("button[type=submit]")
    page.wait_for_selector(".o_main_navbar")


def shoot(page: Page, shot: Shot) -> None:
    """Take a picture: open the screen, then a row, a tab, a dialog of it."""
    page.goto(f"{URL}/odoo/{shot.path}")
    page.wait_for_selector(READY)
    if shot.row:
        page.click(f".o_data_row .o_data_cell:has-text('{shot.row}')")
        page.wait_for_selector(".o_form_view")
    if shot.tab:
        page.click(f".o_notebook .nav-link:has-text('{shot.tab}')")
    if shot.button:
        page.click(f"button[name='{shot.button}']")
    page.wait_for_selector(shot.sees or READY)
    page.wait_for_load_state("load")
    page.mouse.move(0, SIZE["height"] - 1)
    keep(shot.name, page.screenshot())


def keep(name: str, content: bytes) -> None:
    """Keep a picture with the colours that it needs, small enough for a page."""
    target = IMAGES / f"{name}.png"
    with Image.open(io.BytesIO(content)) as image:
        image.convert("RGB").quantize(128).save(target, optimize=True)
    if target.stat().st_size > LARGEST:
        raise SystemExit(f"{target} is larger than {LARGEST} bytes")


def main() -> None:
    """Take all pictures, or those that are named."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["MSP_BROWSER"] or None, args=OPTIONS
        )
        for login, shots in (("admin", SHOTS), ("beginner", FIRST)):
            chosen = [s for s in shots if s.name in sys.argv[1:] or not sys.argv[1:]]
            page = browser.new_page(viewport=SIZE, locale="en-US")
            page.set_default_timeout(PATIENCE)
            sign_in(page, login)
            for shot in chosen:
                shoot(page, shot)
            page.context.close()
        browser.close()


main()
