"""Take the pictures in a headless browser: the address comes from the environment.

Each is a screen of the running product, as somebody with the role sees it, or the first
page of a document.
"""

import io
import os
import pathlib
import subprocess
import sys
from typing import NamedTuple

from PIL import Image, ImageOps
from playwright.sync_api import Page, sync_playwright

URL = os.environ["MSP_URL"]
IMAGES = pathlib.Path(os.environ["MSP_IMAGES"])
FOLDER = pathlib.Path(os.environ["MSP_FOLDER"])
WIDTH, HEIGHT = 1280, 760
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
LARGEST = 200_000
COLOURS = 128
DPI, PAPER = 80, (226, 228, 232)
PATIENCE, SETTLE = 60_000, 700
READY = ".o_list_view, .o_form_view, .o_kanban_view, .o_view_nocontent"
# Far enough for figures, and not at its end.
HALF_WAY = """() => {
    const bar = document.querySelector(".o_msp_bill_run_progress .progress");
    const percent = Number(bar?.getAttribute("aria-valuenow"));
    return percent >= 25 && percent <= 90;
}"""


class Shot(NamedTuple):
    """A picture: where it is taken, what is opened before, what must be seen.

    :param path: of the web client, or of the site when it begins with a slash
    :param row: the text of a row to open
    :param tab: the tab of a form to open
    :param button: the name of a button to press
    :param picks: names to choose in a dialog's field for customers
    :param link: the text of a link to follow
    :param sees: what must be there
    :param until: what the page must say of itself, as JavaScript
    :param part: the part of the page that is taken; empty: what the window shows
    :param height: of the window
    """

    name: str
    path: str
    row: str = ""
    tab: str = ""
    button: str = ""
    picks: tuple[str, ...] = ()
    link: str = ""
    sees: str = ""
    until: str = ""
    part: str = ""
    height: int = HEIGHT


DEMO = (
    Shot("plan", "service-plans", row="Workstation", sees=".o_form_view .o_data_row"),
    Shot(
        "associate",
        "service-plans",
        row="Workstation",
        button="action_open_associate",
        picks=("Harbor", "Foxglove", "Juniper"),
        sees=".modal .o_data_row",
    ),
    Shot("subscriptions", "msp-subscriptions", sees=".o_data_row"),
    Shot("computers", "msp-computers", sees=".o_data_row"),
    Shot("bill-run", "bill-runs", row="Done", sees=".o_form_view .o_data_row"),
    Shot("bills", "msp-bills", sees=".o_data_row"),
    Shot("bill", "msp-bills", row="Harbor", sees=".o_form_view .o_data_row"),
    Shot(
        "bill-computers",
        "msp-bills",
        row="Harbor",
        tab="Charges and Computers",
        sees=".o_form_view .o_data_row",
    ),
    Shot(
        "bill-disputed",
        "msp-bills",
        row="Summit",
        tab="Disputed",
        sees=".o_form_view [name=msp_dispute_ids] .o_data_row",
    ),
    Shot("deliveries", "msp-deliveries", sees=".o_data_row"),
    Shot("leakage", "msp-leakage", sees=".o_group_header, .o_data_row"),
)
# Of a company that has nothing yet.
FIRST = (Shot("first-steps", "service-plans", sees=".o_msp_first_steps"),)
# Of an MSP that has grown for some months.
LARGER = (
    Shot(
        "dashboard",
        "msp-dashboard",
        sees=".o_msp_dashboard [data-leak]",
        height=1720,
    ),
)
# Of an MSP with many customers.
CROWDED = (
    Shot(
        "bill-run-progress",
        "bill-runs",
        row="Paused",
        button="action_resume",
        until=HALF_WAY,
    ),
)
PORTAL = (
    Shot("portal-home", "/my", sees="#portal_service_category a", height=620),
    Shot(
        "portal-computers",
        "/my/computers",
        sees=".o_portal_my_doc_table tbody tr",
        height=900,
    ),
    Shot(
        "portal-bill",
        "/my/invoices",
        link="INV/",
        sees="#msp_bill_lines li",
        part="#msp_bill_lines",
    ),
)
ROLES = (
    ("admin", DEMO),
    ("beginner", FIRST),
    ("larger", LARGER),
    ("crowded", CROWDED),
    ("portal", PORTAL),
)


def sign_in(page: Page, login: str) -> None:
    """Sign in."""
    page.goto(f"{URL}/web/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", login)
    page.click("button[type=submit]")
    page.wait_for_selector(".o_main_navbar, .o_portal_my_home")


def shoot(page: Page, shot: Shot) -> None:
    """Take a picture: open the screen, then a row, a tab, a dialog of it."""
    page.set_viewport_size({"width": WIDTH, "height": shot.height})
    of_site = shot.path.startswith("/")
    page.goto(f"{URL}{shot.path}" if of_site else f"{URL}/odoo/{shot.path}")
    if shot.link:
        page.click(f"a:has-text('{shot.link}')")
    elif not of_site:
        page.wait_for_selector(READY if shot.row or not shot.sees else shot.sees)
    if shot.row:
        page.click(f".o_data_row .o_data_cell:has-text('{shot.row}')")
        page.wait_for_selector(".o_form_view")
    if shot.tab:
        page.click(f".o_notebook .nav-link:has-text('{shot.tab}')")
    if shot.button:
        page.click(f"button[name='{shot.button}']")
    for name in shot.picks:
        page.fill(".modal [name=partner_ids] input", name)
        page.click(f".o-autocomplete--dropdown-item:has-text('{name}')")
    if shot.until:
        page.wait_for_function(shot.until)
    page.wait_for_selector(shot.sees or READY)
    page.wait_for_load_state("load")
    # Pictures of people and fonts come a moment later.
    page.wait_for_timeout(SETTLE)
    page.mouse.move(0, shot.height - 1)
    taken = page.locator(shot.part) if shot.part else page
    keep(shot.name, taken.screenshot())


def keep(name: str, content: bytes) -> None:
    """Keep a picture with the colours that it needs, small enough for a page."""
    target = IMAGES / f"{name}.png"
    with Image.open(io.BytesIO(content)) as image:
        image.convert("RGB").quantize(COLOURS).save(target, optimize=True)
    if target.stat().st_size > LARGEST:
        raise SystemExit(f"{target} is larger than {LARGEST} bytes")


def keep_document(name: str) -> None:
    """Keep the first page of a document as far as something stands on it."""
    target = FOLDER / name
    command = ["pdftoppm", "-r", str(DPI), "-f", "1", "-l", "1", "-singlefile", "-png"]
    subprocess.run([*command, f"{target}.pdf", str(target)], check=True)
    with Image.open(f"{target}.png") as page, io.BytesIO() as content:
        sheet = ImageOps.expand(page.convert("RGB"), 12, PAPER)
        sheet.save(content, "PNG")
        keep(name, content.getvalue())


def main() -> None:
    """Take all pictures, or those that are named."""
    wanted = sys.argv[1:]
    IMAGES.mkdir(parents=True, exist_ok=True)
    if "statement" in wanted or not wanted:
        keep_document("statement")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["MSP_BROWSER"] or None, args=OPTIONS
        )
        for login, shots in ROLES:
            chosen = [shot for shot in shots if shot.name in wanted or not wanted]
            if not chosen:
                continue
            page = browser.new_page(locale="en-US")
            page.set_default_timeout(PATIENCE)
            sign_in(page, login)
            for shot in chosen:
                shoot(page, shot)
            page.context.close()
        browser.close()


main()
