"""Read the rows of a snapshot: one computer each. No Odoo here."""

from datetime import timedelta

from .snapshot import (
    FIRST_YEAR,
    MAX_LENGTH,
    Rejection,
    Reported,
    RowError,
    read_moment,
    read_text,
    shown,
)

# How far a computer's clock may be ahead of the one that reports.
CLOCK_TOLERANCE = timedelta(days=1)


def read_rows(snapshot, kinds):
    """Fill the computers and the rejections of a snapshot.

    :param dict kinds: the known computer types by their code and name in lower case
    """
    seen = {}
    snapshot.computers, snapshot.rejected = [], []
    for index, row in enumerate(snapshot.rows):
        key = None
        try:
            plain = _plain_row(index, row, kinds, snapshot.taken_at)
            if plain and plain.key not in seen:
                seen[plain.key] = index
                snapshot.computers.append(plain)
                continue
            key = _read_key(row)
            _note_key(seen, key, index)
            reported = _read_computer(index, key, row, kinds, snapshot.taken_at)
            snapshot.computers.append(reported)
        except RowError as error:
            snapshot.rejected.append(Rejection(index, error.code, error.values, key))


def _plain_row(index, row, kinds, taken_at):
    """Return a computer whose values need no cleaning, as nearly all, or None.

    One look at its texts together costs less than one at each.
    """
    if type(row) is not dict:
        return None
    get = row.get
    texts = get("key"), get("name"), get("type"), get("serial")
    try:
        whole = "|".join(texts)
    except TypeError:
        return None
    key, name, kind, serial = texts
    kind_id = kinds.get(kind)
    if not (
        key
        and kind_id
        and len(whole) <= MAX_LENGTH
        and whole.isascii()
        and whole.isprintable()
        and " |" not in whole
        and "| " not in whole
        and whole == whole.strip()
    ):
        return None
    contact = get("last_contact")
    if contact is not None:
        try:
            contact = _read_contact(key, contact, taken_at)
        except RowError:
            return None
    return Reported(index, key, name, kind_id, serial, contact)


def _note_key(seen, key, index):
    if key in seen:
        raise RowError("double", key=key, first=seen[key])
    seen[key] = index


def _read_key(row):
    if not isinstance(row, dict):
        raise RowError("not_a_row", value=shown(row))
    key = read_text(row.get("key"), "key")
    if not key:
        raise RowError("no_key", name=shown(row.get("name")))
    return key


def _read_computer(index, key, row, kinds, taken_at):
    kind = read_text(row.get("type"), "type")
    if not kind:
        raise RowError("no_type", key=key)
    kind_id = kinds.get(kind) or kinds.get(kind.casefold())
    if not kind_id:
        raise RowError("unknown_type", key=key, value=shown(kind))
    return Reported(
        index=index,
        key=key,
        name=read_text(row.get("name"), "name"),
        kind=kind_id,
        serial=read_text(row.get("serial"), "serial"),
        last_contact=_read_contact(key, row.get("last_contact"), taken_at),
    )


def _read_contact(key, value, taken_at):
    """Return the last contact as naive UTC; None when there was none.

    Tools write "never" as the first moment of their clock.
    """
    moment = read_moment(value)
    if moment is None:
        if value in (None, "") or value is False:
            return None
        raise RowError("no_contact", key=key, value=shown(value))
    if moment > taken_at + CLOCK_TOLERANCE:
        raise RowError("contact_ahead", key=key, value=shown(value))
    return moment if moment.year >= FIRST_YEAR else None
