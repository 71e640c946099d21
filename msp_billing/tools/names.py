"""Names in the order in which people look for them."""

import re


def natural(name):
    """Return a key that puts PC-9 before PC-10."""
    return [
        (0, int(part), "") if part.isdecimal() else (1, 0, part.lower())
        for part in re.split(r"(\d+)", name)
        if part
    ]
