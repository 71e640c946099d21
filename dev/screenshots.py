"""``python3 -m dev screenshots``: the pictures of the documentation, from the demo.

Run ``make demo SERVE=0`` before. They are taken on a copy of the demo, which ends with
them.
"""

import os
import pathlib
import shutil
import subprocess

from . import databases, demo, odoo_conf, paths, postgres, server, setup, system, ui

DATABASE = "msp_screenshots"
IMAGES = paths.ROOT / "docs" / "images"
STORE = paths.ROOT / databases.ADDON / "static" / "description"
SHOTS = pathlib.Path(__file__).with_name("screenshots_browser.py")
# The ones that the page in the app store shows too.
IN_STORE = ("first-steps", "bill-run", "bill-computers", "computers")
# Nothing is late on a copy that was just taken; and somebody who begins in a company
# that has nothing yet.
BEGINNER = """
from odoo import fields
company = env["res.company"].create({
    "name": "New MSP", "currency_id": env.company.currency_id.id,
})
groups = ("msp_billing.group_msp_billing_manager", "base.group_erp_manager")
env["res.users"].create({
    "name": "Robin", "login": "beginner", "password": "beginner",
    "company_id": company.id, "company_ids": [(6, 0, company.ids)],
    "group_ids": [(6, 0, [env.ref(group).id for group in groups])],
})
soon = fields.Datetime.add(fields.Datetime.now(), hours=1)
env["ir.cron"].search([]).write({"nextcall": soon})
env.cr.commit()
"""


def main(arguments: list[str]) -> int:
    """Serve a copy of the demo and take the pictures of its screens, or those named."""
    setup.prepare(browser=True)
    with postgres.serving():
        if not databases.exists(demo.DATABASE):
            raise ui.Failure("There is no demo", "Run make demo SERVE=0 first")
        databases.drop(DATABASE)
        databases.clone(demo.DATABASE, DATABASE)
        try:
            _shoot(arguments)
        finally:
            databases.drop(DATABASE)
    for name in IN_STORE:
        shutil.copyfile(IMAGES / f"{name}.png", STORE / f"{name}.png")
    return 0


def _shoot(names: list[str]) -> None:
    """Take the pictures on the copy."""
    log = paths.LOGS / "screenshots.log"
    server.script(DATABASE, BEGINNER, log)
    with server.serving(DATABASE, log, crons=0) as running:
        environment = odoo_conf.environment(
            MSP_URL=running.url,
            MSP_IMAGES=str(IMAGES),
            MSP_BROWSER=system.browser() or "",
        )
        subprocess.run(
            [str(paths.PYTHON), str(SHOTS), *names],
            check=True,
            env={**os.environ, **environment},
        )
