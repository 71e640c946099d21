"""``python3 -m dev screenshots``: the pictures of the documentation, from the demo.

Run ``make demo SERVE=0`` before.
"""

import os
import pathlib
import subprocess

from . import databases, demo, odoo_conf, paths, postgres, server, setup, system, ui

IMAGES = paths.ROOT / "docs" / "images"
SHOTS = pathlib.Path(__file__).with_name("screenshots_browser.py")


def main(_arguments: list[str]) -> int:
    """Serve the demo and take the pictures of its main screens."""
    setup.prepare(browser=True)
    with postgres.serving():
        if not databases.exists(demo.DATABASE):
            raise ui.Failure("There is no demo", "Run make demo SERVE=0 first")
        running = server.Server(demo.DATABASE, demo.log(), crons=0)
        try:
            running.start()
            environment = odoo_conf.environment(
                MSP_URL=running.url,
                MSP_IMAGES=str(IMAGES),
                MSP_BROWSER=system.browser() or "",
            )
            subprocess.run(
                [str(paths.PYTHON), str(SHOTS)],
                check=True,
                env={**os.environ, **environment},
            )
        finally:
            running.stop()
    return 0
