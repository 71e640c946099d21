"""A CSV file that spreadsheets open as it is meant: no formula, every letter right."""

import csv
import io
from datetime import date

# With these a text would be calculated.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")


def csv_bytes(rows):
    """Return rows as a CSV file in UTF-8 with a byte order mark.

    :param rows: lists of texts, numbers, days; texts that begin like a formula get an
        apostrophe before them
    :rtype: bytes
    """
    file = io.StringIO(newline="")
    csv.writer(file).writerows([_cell(value) for value in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def _cell(value):
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return "" if value is None or value is False else value
