"""No warning of ours: reads the log of Odoo and returns what must not be there."""

import pathlib
import re
from collections.abc import Iterator
from typing import NamedTuple

ADDON = "msp_billing"
HEAD = re.compile(
    r"^\d{4}-\d\d-\d\d [\d:,]+ \d+ (?P<level>[A-Z]+) (?P<db>\S+) (?P<logger>\S+): "
)
BAD = ("WARNING", "ERROR", "CRITICAL")
# What Odoo or its libraries log by themselves, for whatever add-on.
STOCK = {
    r": Chrome executable not found": "a browser test that is left out",
    r"num2words/\S+: (Deprecation|Syntax)Warning: invalid escape": "num2words, Python",
    r"passlib/\S+: DeprecationWarning: 'crypt' is deprecated": "passlib, Python 3.11",
    r"DeprecationWarning: (ssl\.|datetime\.datetime\.utc)": "libraries on Python 3.12",
}


class Record(NamedTuple):
    """One record of a log, with the lines that belong to it."""

    level: str
    logger: str
    text: str


def records(log: pathlib.Path) -> Iterator[Record]:
    """Yield the records of a log."""
    level, logger, lines = "", "", []
    for line in log.read_text(errors="replace").splitlines():
        head = HEAD.match(line)
        if not head:
            lines.append(line)
            continue
        if lines:
            yield Record(level, logger, "\n".join(lines))
        level, logger, lines = head["level"], head["logger"], [line]
    if lines:
        yield Record(level, logger, "\n".join(lines))


def _is_bad(record: Record) -> bool:
    return record.level in BAD or "DeprecationWarning" in record.text


def _is_ours(record: Record) -> bool:
    # Not by the database, which may be named for the add-on as well.
    head = HEAD.match(record.text)
    words = record.text[head.end() :] if head else record.text
    return ADDON in record.logger or ADDON in words


def _is_stock(record: Record) -> bool:
    return any(re.search(pattern, record.text) for pattern in STOCK)


def findings(log: pathlib.Path, *, only_ours: bool = False) -> list[str]:
    """Return what is bad in a log: everything that is not known to be Odoo's own.

    :param only_ours: in a log of tests, which provoke errors of Odoo on purpose
    """
    bad = [record for record in records(log) if _is_bad(record)]
    return [
        record.text
        for record in bad
        if not _is_stock(record) and (_is_ours(record) or not only_ours)
    ]
