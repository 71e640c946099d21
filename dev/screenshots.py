"""``python3 -m dev screenshots``: the pictures of the documentation, from the demo.

Run ``make demo SERVE=0`` before. They are taken on a copy of the demo, on which
``screenshots_story.py`` and ``screenshots_larger.py`` play what the demo lacks, and
which ends with them. Pictures of documents need ``pdftoppm`` (Debian: poppler-utils).
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

from . import databases, demo, odoo_conf, paths, postgres, server, setup, system, ui

DATABASE = "msp_screenshots"
IMAGES = paths.ROOT / "docs" / "images"
STORE = paths.ROOT / databases.ADDON / "static" / "description"
SHOTS = pathlib.Path(__file__).with_name("screenshots_browser.py")
# The ones that the page in the app store shows too.
IN_STORE = ("first-steps", "bill-run", "bill-computers", "dashboard", "computers")


def main(arguments: list[str]) -> int:
    """Serve a copy of the demo and take the pictures of its screens, or those named."""
    setup.prepare(browser=True)
    if not shutil.which("pdftoppm"):
        raise ui.Failure("pdftoppm is missing", "apt-get install poppler-utils")
    with postgres.serving():
        if not databases.exists(demo.DATABASE):
            raise ui.Failure("There is no demo", "Run make demo SERVE=0 first")
        databases.drop(DATABASE)
        databases.clone(demo.DATABASE, DATABASE)
        try:
            with tempfile.TemporaryDirectory() as folder:
                _shoot(arguments, folder)
        finally:
            databases.drop(DATABASE)
    for name in IN_STORE:
        shutil.copyfile(IMAGES / f"{name}.png", STORE / f"{name}.png")
    return 0


def _play(folder: str, log: pathlib.Path) -> None:
    """Play what the pictures show beside the demo."""
    code = (
        f"import sys; sys.path.append({str(paths.ROOT)!r})\n"
        "from dev import screenshots_larger, screenshots_story\n"
        f"screenshots_story.play(env, {folder!r})\n"
        "screenshots_larger.play(env)\n"
        "screenshots_story.settle(env)\n"
    )
    server.script(DATABASE, code, log)


def _shoot(names: list[str], folder: str) -> None:
    """Take the pictures on the copy."""
    log = paths.LOGS / "screenshots.log"
    _play(folder, log)
    # One scheduled action at a time: the run that is shown at work needs it.
    with server.serving(DATABASE, log, crons=1) as running:
        environment = odoo_conf.environment(
            MSP_URL=running.url,
            MSP_IMAGES=str(IMAGES),
            MSP_FOLDER=folder,
            MSP_BROWSER=system.browser() or "",
        )
        subprocess.run(
            [str(paths.PYTHON), str(SHOTS), *names],
            check=True,
            env={**os.environ, **environment},
        )
