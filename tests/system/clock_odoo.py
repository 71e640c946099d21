"""Odoo with a moved clock, started like ``python -m odoo``.

The file that MSP_CLOCK names says what time it is, in UTC; time goes on from there.
When the file changes the clock follows, and says so in a file beside it.
"""

import os
import pathlib
import threading
import time

import freezegun

from odoo.cli import command

FILE = pathlib.Path(os.environ["MSP_CLOCK"])
FOLLOWED = FILE.with_suffix(".followed")


def follow(clock, told):
    """Move the clock whenever the file says another time."""
    while True:
        text = FILE.read_text()
        if text and text != told:
            told = text
            clock.move_to(told)
            FOLLOWED.write_text(told)
        time.sleep(0.05)


if __name__ == "__main__":
    first = FILE.read_text()
    moved = freezegun.freeze_time(first, tick=True).start()
    threading.Thread(target=follow, args=(moved, first), daemon=True).start()
    command.main()
