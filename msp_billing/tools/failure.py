"""Whose failure an exception is: a conflict's, the system's or the record's."""

import errno
import re

from psycopg2 import Error, InterfaceError, errors

from odoo.exceptions import ConcurrencyError, LockError

# Serialization, deadlock, a lock not got, a statement cancelled: tried again.
TRANSIENT = {"40001", "40P01", "55P03", "57014"}
# Disk full, out of memory, too many connections; the server's own input and output.
SYSTEM_CLASSES = ("53", "58", "XX", "F0")
LOST_CLASSES = ("08",)
LOST = {"57P01", "57P02", "57P03", "57P05"}
# An error that nobody sent by the wire has no code of its own: its class tells it.
CODES = {
    errors.lookup(code): code
    for code in (
        *sorted(TRANSIENT),
        *sorted(LOST - {"57P05"}),
        *("08000", "08001", "08003", "08004", "08006"),
        *("53000", "53100", "53200", "53300", "53400", "58000", "58030"),
    )
}
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE}
# What differs between two texts of one failure: keys, addresses, unnamed drafts.
VARYING = (
    (re.compile(r"\(\*\s*\d+\)"), "(*)"),
    (re.compile(r"\b(ids?)\s*[=:]\s*\[?[\d, ]+\]?", re.IGNORECASE), r"\1"),
    (re.compile(r"=\([^)]*\)"), "=()"),
    (re.compile(r"\b0x[0-9a-f]+\b"), "0x"),
    (re.compile(r"\b[a-z]+(\.[a-z_]+)+\([\d, ]*\)"), "record()"),
)


def code_of(error):
    """Return the SQLSTATE of a database error, or an empty text."""
    if not isinstance(error, Error):
        return ""
    return error.pgcode or CODES.get(type(error), "")


def causes(error):
    """Yield an exception and what it was raised from, each once."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        hidden = error.__suppress_context__
        error = error.__cause__ or (None if hidden else error.__context__)


def is_transient(error):
    """Say whether the same work may succeed when it is tried again."""
    return any(
        isinstance(cause, (ConcurrencyError, LockError)) or code_of(cause) in TRANSIENT
        for cause in causes(error)
    )


def is_lost(error, closed):
    """Say whether the connection to the database is gone.

    :param bool closed: whether the cursor that worked is closed
    """
    return closed or any(
        isinstance(cause, InterfaceError)
        or code_of(cause) in LOST
        or code_of(cause).startswith(LOST_CLASSES)
        for cause in causes(error)
    )


def is_system(error):
    """Say whether the machine is to blame: a disk that is full, no memory left."""
    return any(
        isinstance(cause, MemoryError)
        or (isinstance(cause, OSError) and cause.errno in FULL)
        or code_of(cause).startswith(SYSTEM_CLASSES)
        for cause in causes(error)
    )


def signature(error, names):
    """Return what two failures have in common when they have one cause.

    :param names: what names the customer in the text: taken out of it
    :return: the exception's type and its text, without names, keys and addresses
    :rtype: tuple[str, str]
    """
    text = str(error)
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = text.replace(name, "…")
    for pattern, instead in VARYING:
        text = pattern.sub(instead, text)
    return type(error).__name__, text
