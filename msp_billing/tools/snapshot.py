"""Read a snapshot: what a source saw at one customer at one moment. No Odoo here.

Nothing that comes in is trusted. What makes the whole snapshot unusable raises
:class:`SnapshotError`; what is wrong in one row is a :class:`Rejection` of that row.
Both carry a code and values; ``snapshot_texts`` says them to people.
"""

import contextlib
import hashlib
import json
import re
import reprlib
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import NamedTuple

MAX_ROWS = 100_000
MAX_LENGTH = 255
# Unset clocks report 1970, or the last day that they know.
FIRST_YEAR, LAST_YEAR = 2000, 2999
MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?"
    r"\s?(Z|[+-]\d\d:?\d\d)?",
    re.ASCII | re.IGNORECASE,
)
SIMPLE_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
# Control characters, lone surrogates, line and paragraph separators.
BAD_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# What turns the direction of the text around it, on a bill too.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# What nobody sees: zero width space, word joiner, byte order mark.
UNSEEN = dict.fromkeys(map(ord, "\u200b\u2060\ufeff"))


class SnapshotError(Exception):
    """The snapshot as a whole cannot be used."""

    def __init__(self, code, **values):
        super().__init__(code, values)
        self.code = code
        self.values = values


class RowError(Exception):
    """One value of a row cannot be used."""

    def __init__(self, code, **values):
        super().__init__(code, values)
        self.code = code
        self.values = values


class Reported(NamedTuple):
    """A computer as a snapshot reports it."""

    index: int
    key: str
    name: str
    kind: int
    serial: str
    last_contact: datetime | None  # naive, UTC


@dataclass(frozen=True)
class Rejection:
    """A row that is not used, and why."""

    index: int
    code: str
    values: dict
    key: str | None = None


@dataclass
class Snapshot:
    """A snapshot whose frame is sound; ``rows`` are still as they came."""

    customer: str
    taken_at: datetime  # naive, UTC, whole seconds
    complete: bool
    confirmed_empty: bool
    rows: list
    computers: list = field(default_factory=list)
    rejected: list = field(default_factory=list)

    @cached_property
    def fingerprint(self):
        """A name for exactly this snapshot: the same again has the same one."""
        frame = (self.customer, self.taken_at, self.complete, self.confirmed_empty)
        rows = [
            (row.key, row.name, row.kind, row.serial, row.last_contact)
            for row in self.computers
        ]
        text = json.dumps([frame, rows], default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def reported_keys(self):
        """The keys that the source still knows, those of rejected rows too."""
        keys = {computer.key for computer in self.computers}
        return keys | {row.key for row in self.rejected if row.key}

    @property
    def may_end(self):
        """Whether a missing key means that the computer is gone.

        Not in a partial snapshot, nor when every row was refused.
        """
        return self.complete and bool(self.computers or not self.rows)


def read_moment(value, zone=None):
    """Return an ISO date-time with offset as naive UTC, or None.

    :param zone: the pytz zone of date-times without an offset; without it, None
    """
    # The form that most tools write, without the search for another one.
    if type(value) is str and SIMPLE_MOMENT.fullmatch(value):
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(value[:19])
    match = MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        return None
    *numbers, offset = match.groups()
    try:
        local = datetime(*(int(number or 0) for number in numbers))  # noqa: DTZ001
        if offset:
            return local - _offset(offset)
        if zone is None:
            return None
        aware = (
            zone.localize(local)
            if hasattr(zone, "localize")
            else local.replace(tzinfo=zone)
        )
        return aware.astimezone(timezone.utc).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _offset(text):
    if text in "zZ":
        return timedelta()
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 14 or minutes > 59:
        raise ValueError(text)
    distance = timedelta(hours=hours, minutes=minutes)
    return -distance if text[0] == "-" else distance


def clean_text(text):
    """Return a text as it is kept, so that what looks the same is the same.

    Composed characters (NFC), no spaces around it, nothing that nobody sees.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(UNSEEN))
    return text.strip()


def read_text(value, what):
    """Return a text or a whole number as a text without spaces around it."""
    # Nearly all texts are: each check is one step of the interpreter.
    if type(value) is str and value.isascii() and value.isprintable():
        text = value.strip()
        if len(text) <= MAX_LENGTH:
            return text
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**30 else "9" * (MAX_LENGTH + 1)
    if not isinstance(value, str):
        raise RowError("not_text", what=what, value=shown(value))
    text = clean_text(value)
    if len(text) > MAX_LENGTH:
        raise RowError("too_long", what=what, value=shown(text), maximum=MAX_LENGTH)
    if not text.isprintable() and (
        TURNING & set(text) or BAD_CATEGORIES & set(map(unicodedata.category, text))
    ):
        raise RowError("control", what=what, value=shown(text))
    return text


def shown(value):
    """Return a value as it can be shown in a message: short and printable."""
    text = value if isinstance(value, str) else reprlib.repr(value)
    text = text.encode("unicode_escape").decode() if not text.isprintable() else text
    return text if len(text) <= 60 else f"{text[:57]}..."


def read_frame(data):
    """Return the snapshot whose rows are not read yet.

    :raises SnapshotError: naming what is wrong with it
    """
    if not isinstance(data, dict):
        raise SnapshotError("not_an_object", value=shown(data))
    try:
        customer = read_text(data.get("customer"), "customer")
    except RowError as error:
        raise SnapshotError(error.code, **error.values) from error
    if not customer:
        raise SnapshotError("no_customer")
    rows = data.get("computers")
    if not isinstance(rows, list):
        raise SnapshotError("no_list", value=shown(rows))
    if len(rows) > MAX_ROWS:
        raise SnapshotError("too_many", value=len(rows), maximum=MAX_ROWS)
    return Snapshot(
        customer=customer,
        taken_at=_taken_at(data.get("taken_at")),
        complete=_flag(data, "complete"),
        confirmed_empty=_flag(data, "confirmed_empty", default=False),
        rows=rows,
    )


def _taken_at(value):
    moment = read_moment(value)
    if moment is None:
        raise SnapshotError("no_moment", value=shown(value))
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise SnapshotError("bad_clock", value=shown(value))
    return moment


def _flag(data, name, default=None):
    value = data.get(name, default)
    if not isinstance(value, bool):
        raise SnapshotError("not_a_flag", what=name, value=shown(value))
    return value
